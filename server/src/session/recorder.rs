//! Recorders from the server's side: starting one, and the socket to it.
//!
//! A recorder makes itself a session leader, so that neither Ctrl-C in the server's terminal nor the server's end reaches it; the
//! socket only carries news up and wishes down.

use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream as StdUnixStream;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, watch};

use super::SessionError;
use super::plan::Plan;
use crate::recorder::control::{self, Status};

/// More wishes than this have no meaning for one recorder.
const WAITING_COMMANDS: usize = 4;

/// Held while a descriptor can be inherited: no other recorder may be started meanwhile, or it would get it as well.
static INHERITING: Mutex<()> = Mutex::new(());

/// What a recorder has said so far.
#[derive(Clone, Debug, Default)]
pub(super) struct News {
    /// The recorder has ended.
    pub(super) is_over: bool,
    /// Why nothing was recorded.
    pub(super) failure: Option<String>,
    /// What went wrong with a recording that took place.
    pub(super) warning: Option<String>,
}

/// The server's end of the socket to a recorder that it started.
#[derive(Debug)]
pub(super) struct Link {
    news: watch::Receiver<News>,
    commands: mpsc::Sender<control::Command>,
}

impl Link {
    /// Changes with every message of the recorder.
    pub(super) fn news(&self) -> watch::Receiver<News> {
        self.news.clone()
    }

    /// Whether the recorder still took the message in; one that has ended does not.
    pub(super) fn send(&self, command: control::Command) -> bool {
        self.commands.try_send(command).is_ok()
    }
}

/// Starts the recorder `program` for a session that writes `trace`. Must be called within the async runtime.
pub(super) fn start(program: &Path, plan: &Plan, trace: &Path) -> Result<Link, SessionError> {
    let cannot_start =
        |error| SessionError::Io { action: "start the recorder", path: program.to_owned(), error };
    let (ours, theirs) = StdUnixStream::pair().map_err(cannot_start)?;
    ours.set_nonblocking(true).map_err(cannot_start)?;
    let ours = UnixStream::from_std(ours).map_err(cannot_start)?;
    let child = spawn(program, plan, trace, theirs.into()).map_err(cannot_start)?;
    let (news_sender, news) = watch::channel(News::default());
    let (commands, wanted) = mpsc::channel(WAITING_COMMANDS);
    tokio::spawn(attend(ours, child, news_sender, wanted));
    Ok(Link { news, commands })
}

fn spawn(program: &Path, plan: &Plan, trace: &Path, control: OwnedFd) -> std::io::Result<Child> {
    let mut command = Command::new(program);
    command
        .arg0("syscope")
        .args(["record", "--control-fd", &control.as_raw_fd().to_string(), "--capture-output", "-o"])
        .arg(trace)
        .args(plan.record_args())
        .current_dir(&plan.cwd)
        // The recorder outlives the server, and with it these: it must never wait for or fail on them.
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let _alone = INHERITING.lock().unwrap_or_else(PoisonError::into_inner);
    fcntl(&control, FcntlArg::F_SETFD(FdFlag::empty()))?;
    command.spawn()
    // `control` closes here, before another recorder can be started.
}

/// Carries messages both ways until the recorder has ended, and buries it.
async fn attend(
    socket: UnixStream,
    mut child: Child,
    news: watch::Sender<News>,
    mut wanted: mpsc::Receiver<control::Command>,
) {
    let (up, mut down) = socket.into_split();
    let mut lines = BufReader::new(up).lines();
    loop {
        tokio::select! {
            line = lines.next_line() => match line {
                Ok(Some(line)) => hear(&news, &line),
                // The recorder has closed its end, or is gone.
                Ok(None) | Err(_) => break,
            },
            Some(command) = wanted.recv() => {
                if down.write_all(command.to_line().as_bytes()).await.is_err() {
                    break;
                }
            }
        }
    }
    let ended = child.wait().await;
    news.send_modify(|news| {
        news.is_over = true;
        if let Ok(status) = ended
            && news.failure.is_none()
        {
            tracing::debug!("a recorder ended with {status}");
        }
    });
}

fn hear(news: &watch::Sender<News>, line: &str) {
    match serde_json::from_str(line) {
        Ok(Status::Recording(_)) => news.send_modify(|_| ()),
        Ok(Status::Failed { reason }) => news.send_modify(|news| news.failure = Some(reason)),
        Ok(Status::Finished { warning, .. }) => news.send_modify(|news| news.warning = warning),
        Err(error) => tracing::warn!("a recorder said something unintelligible: {error}"),
    }
}

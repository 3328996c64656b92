//! `syscope serve`, which `syscope` alone means as well: the web app. `run`, `attach` and `open` are this with something to show.

use std::io::{ErrorKind, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::{ExitCode, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use crate::auth::{self, BindRefusal};
use crate::http::{Config, Server};
use crate::session::{Folder, Registry, Session, SessionId, default_store};
use crate::site;
use crate::tracer::refusal::UidPolicy;

const DEFAULT_PORT: u16 = 7575;

/// The running program, also after its file was replaced.
const THIS_PROGRAM: &str = "/proc/self/exe";

/// How long a session that ends with its server may take to finish its file.
const STOP_PATIENCE: Duration = Duration::from_secs(4);

/// How long a browser may take to read the file that leads it to the page.
const BROWSER_PATIENCE: Duration = Duration::from_secs(20);

#[derive(Clone, Debug, clap::Args)]
pub(super) struct ServeArgs {
    /// The port to listen on; 0 takes any free one [default: 7575]
    #[arg(long)]
    port: Option<u16>,
    /// The address to listen on; beyond loopback only together with --behind-proxy
    #[arg(long, value_name = "ADDR", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    bind: IpAddr,
    /// Where traces are kept [default: ~/.local/share/syscope]
    #[arg(long, value_name = "DIR")]
    store: Option<PathBuf>,
    /// A proxy that encrypts stands in front
    #[arg(long)]
    behind_proxy: bool,
    /// A host name by which the page may be called, besides localhost; may be repeated
    #[arg(long, value_name = "NAME")]
    allow_host: Vec<String>,
    /// Allow to attach to other users' processes
    #[arg(long)]
    any_user: bool,
}

/// What to do when the port is taken and none was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PortTaken {
    Refuse,
    /// Another syscope has the usual port: take any.
    TakeAny,
}

/// Serves until it is told to end.
///
/// # Errors
/// When it cannot start: one sentence with the remedy.
pub(super) fn run(args: &ServeArgs) -> Result<ExitCode> {
    with_service(args, PortTaken::Refuse, |_| Ok(Shown::Everything))
}

/// What the page is to show first, and what ends with the server.
#[derive(Debug)]
pub(super) enum Shown {
    Everything,
    /// Saved sessions: the first of them is shown.
    Saved(SessionId),
    /// A session that was started for this command, and ends with it.
    Own(Arc<Session>),
}

/// Starts a server, lets `prepare` add what it is to show, and serves.
pub(super) fn with_service(
    args: &ServeArgs,
    port_taken: PortTaken,
    prepare: impl FnOnce(&Registry) -> Result<Shown>,
) -> Result<ExitCode> {
    let address = SocketAddr::new(args.bind, args.port.unwrap_or(DEFAULT_PORT));
    if let Err(refusal @ BindRefusal(_)) = auth::check_bind(address, args.behind_proxy) {
        eprintln!("syscope: {refusal}");
        return Ok(ExitCode::from(2));
    }
    start_log();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = listen(address, args.port.is_none() && port_taken == PortTaken::TakeAny).await?;
        let store = args.store.clone().or_else(default_store);
        let store =
            store.context("there is no home directory to keep traces in: give one with --store DIR")?;
        let folder = Folder::open(&store)?;
        let attachable = if args.any_user { UidPolicy::Any } else { UidPolicy::SameUser };
        let sessions = Arc::new(Registry::new(folder.clone(), THIS_PROGRAM.into(), attachable));
        let config = Config { allowed_hosts: args.allow_host.clone(), is_behind_proxy: args.behind_proxy };
        let server = Server::new(listener, &config, Arc::clone(&sessions))?;
        let shown = prepare(&sessions)?;
        // Whoever has read the address may end the server.
        let ending = ending()?;
        announce(&server, &shown, &folder);
        server.run(ending).await.context("the server failed")?;
        end(&shown, &sessions).await;
        Ok(ExitCode::SUCCESS)
    })
}

/// The log, on standard error: warnings, or what `SYSCOPE_LOG` asks for (`info`, `syscope=debug`). It never holds a token.
fn start_log() {
    let filter = EnvFilter::try_from_env("SYSCOPE_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}

async fn listen(address: SocketAddr, may_take_any: bool) -> Result<TcpListener> {
    match TcpListener::bind(address).await {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == ErrorKind::AddrInUse && may_take_any => {
            let any = SocketAddr::new(address.ip(), 0);
            TcpListener::bind(any).await.with_context(|| format!("cannot listen on {any}"))
        }
        Err(error) if error.kind() == ErrorKind::AddrInUse => bail!(
            "port {} is in use, perhaps by another syscope: open that one, or choose a port with --port (0: any free one)",
            address.port()
        ),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            bail!("not allowed to listen on port {}: choose one above 1023 with --port", address.port())
        }
        Err(error) => Err(error).with_context(|| format!("cannot listen on {address}")),
    }
}

/// Prints the address, and opens the browser on what is to be shown.
fn announce(server: &Server, shown: &Shown, folder: &Folder) {
    let session = match shown {
        Shown::Everything => None,
        Shown::Saved(id) => Some(id),
        Shown::Own(session) => Some(session.id()),
    };
    let url = session.map_or_else(|| server.url(), |id| format!("{}&session={id}", server.url()));
    let advice = "Open this address in a browser; it holds the key to this server. Ctrl-C ends it.";
    // Whoever started the server may have closed its output; that is no reason not to serve.
    let _ = writeln!(std::io::stdout(), "{url}\n{advice}");
    if !site::has_page() {
        eprintln!("syscope: this build has no page: run `cargo xtask build` and start it again");
    }
    let has_display = ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some());
    if session.is_some() && has_display {
        open_browser(&url, folder);
    }
}

/// Opens the browser by way of a private file that leads to the page: in the browser's arguments every user of the machine could
/// read the token. When it fails, the address is on the screen.
fn open_browser(url: &str, folder: &Folder) {
    let page = format!(
        "<!doctype html><meta charset=\"utf-8\"><meta http-equiv=\"refresh\" content=\"0; url={}\"><title>syscope</title>\n",
        url.replace('&', "&amp;")
    );
    let Ok(id) = SessionId::generate() else { return };
    let Ok(path) = folder.write_private(&format!("open-{id}.html"), page.as_bytes()) else { return };
    let browser = tokio::process::Command::new("xdg-open")
        .arg(&path)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    tokio::spawn(async move {
        match browser {
            Ok(mut browser) => {
                let _ = browser.wait().await;
                tokio::time::sleep(BROWSER_PATIENCE).await;
            }
            Err(error) => tracing::info!("cannot run xdg-open: {error}"),
        }
        let _ = std::fs::remove_file(path);
    });
}

/// Completes at Ctrl-C, at SIGTERM, and when the terminal goes.
fn ending() -> Result<impl Future<Output = ()> + Send + 'static> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hang_up.recv() => {}
        }
    })
}

/// Ends the session that was started for this command. Those that were started from the page record on: closing the server is no
/// reason to end somebody's program.
async fn end(shown: &Shown, sessions: &Arc<Registry>) {
    if let Shown::Own(session) = shown {
        if session.info().state.is_live()
            && let Err(error) = session.stop()
        {
            eprintln!("syscope: {error}");
        }
        let finished = async {
            while session.info().state.is_live() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        if tokio::time::timeout(STOP_PATIENCE, finished).await.is_ok() {
            eprintln!("syscope: the trace is {}", session.path().display());
        }
    }
    let recording = sessions.count_live();
    if recording > 0 {
        let sessions = if recording == 1 { "session records" } else { "sessions record" };
        eprintln!(
            "syscope: {recording} {sessions} on without the server; the next `syscope serve` shows them"
        );
    }
}

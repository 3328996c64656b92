//! A trace in memory while somebody looks at it: one store for all its viewers, kept up with the file by one follower.
//!
//! Viewers ask under a read lock, the follower applies one chunk at a time under the write lock, so that neither waits long for the
//! other. News are a watch channel: a slow viewer misses intermediate ones and sees the latest.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use syscope_shared::query::{self, Answer, Query};
use syscope_shared::store::Store;
use syscope_shared::wire::Update;
use tokio::sync::watch;

use super::one::{Reading, Session};

/// How long a growing file is left alone when its recorder says nothing.
const LIVE_PAUSE: Duration = Duration::from_millis(50);

/// The least time between two looks, however often a recorder says that there is more.
const LEAST_PAUSE: Duration = Duration::from_millis(10);

/// How often a trace that will not grow is checked for viewers.
const IDLE_PAUSE: Duration = Duration::from_secs(5);

/// How long a trace that nobody looks at stays in memory.
const KEPT_UNWATCHED: Duration = Duration::from_secs(30);

/// A trace in memory.
#[derive(Debug)]
pub struct Feed {
    store: RwLock<Store>,
    news: watch::Sender<Update>,
}

impl Feed {
    pub(super) fn new(first: Update) -> (Self, watch::Receiver<Update>) {
        let (news, receiver) = watch::channel(first);
        (Self { store: RwLock::new(Store::new()), news }, receiver)
    }

    /// Answers from what has been read so far. May compute for a while.
    #[must_use]
    pub fn answer(&self, query: &Query) -> Answer {
        query::answer(&self.store.read().unwrap_or_else(PoisonError::into_inner), query)
    }

    pub(super) fn subscribe(&self) -> watch::Receiver<Update> {
        self.news.subscribe()
    }

    pub(super) fn latest(&self) -> Update {
        self.news.borrow().clone()
    }

    pub(super) fn is_watched(&self) -> bool {
        self.news.receiver_count() > 0
    }
}

/// What a look at the file showed about the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// There is more at once.
    Now,
    /// The file may grow.
    Later,
    Never,
}

/// Keeps the feed up with the session's file until nobody has looked for a while.
pub(super) async fn follow(session: Arc<Session>, feed: Arc<Feed>) {
    let mut follower = Follower { reading: Reading::new(session.path()), is_closed: false };
    let mut recorder = session.recorder_news();
    let mut last_watched = Instant::now();
    loop {
        let (session_read, feed_fed) = (Arc::clone(&session), Arc::clone(&feed));
        let step = tokio::task::spawn_blocking(move || {
            let next = follower.step(&session_read, &feed_fed);
            (follower, next)
        });
        let Ok((same, next)) = step.await else {
            tracing::error!("reading the trace of session {} failed", session.id());
            session.drop_feed();
            return;
        };
        follower = same;
        if feed.is_watched() {
            last_watched = Instant::now();
        } else if last_watched.elapsed() >= KEPT_UNWATCHED && session.release(&feed) {
            return;
        }
        match next {
            Next::Now => {}
            Next::Later => pause(&mut recorder).await,
            Next::Never => tokio::time::sleep(IDLE_PAUSE).await,
        }
    }
}

/// Waits until the recorder says something, but not long.
async fn pause(recorder: &mut Option<watch::Receiver<super::recorder::News>>) {
    tokio::time::sleep(LEAST_PAUSE).await;
    let Some(news) = recorder else { return tokio::time::sleep(LIVE_PAUSE).await };
    if let Ok(Err(_)) = tokio::time::timeout(LIVE_PAUSE, news.changed()).await {
        // The recorder has ended and will say no more.
        *recorder = None;
    }
}

struct Follower {
    reading: Reading,
    /// Calls that were in flight when the file broke off have become unfinished events.
    is_closed: bool,
}

impl Follower {
    /// Reads a piece of the file into the store and tells the viewers.
    fn step(&mut self, session: &Session, feed: &Feed) -> Next {
        // Asked before the file is read: what a recorder wrote before it let go of the file is then seen.
        let is_live = session.is_live();
        let look = self.reading.look();
        for chunk in look.chunks {
            feed.store.write().unwrap_or_else(PoisonError::into_inner).apply(chunk);
        }
        let is_at_end = self.reading.is_over() || (!is_live && !look.is_more);
        if is_at_end && self.reading.tally.seal.is_none() && !self.is_closed {
            feed.store.write().unwrap_or_else(PoisonError::into_inner).close_in_flight();
            self.is_closed = true;
        }
        self.tell(session, feed, is_live, look.is_more);
        match (is_at_end, look.is_more) {
            (true, _) => Next::Never,
            (false, true) => Next::Now,
            (false, false) => Next::Later,
        }
    }

    fn tell(&self, session: &Session, feed: &Feed, is_live: bool, is_more: bool) {
        let info = if is_more && !is_live {
            // A saved trace is being loaded: what there is to say of the whole of it was said at first.
            feed.latest().session
        } else {
            session.describe(&self.reading, is_live)
        };
        session.settle(&self.reading, &info);
        let store = feed.store.read().unwrap_or_else(PoisonError::into_inner);
        let update = Update {
            revision: store.revision(),
            end: session.end(&self.reading.tally, &info.state),
            tasks: u32::try_from(store.tasks().len()).unwrap_or(u32::MAX),
            output_bytes: store.output_bytes(),
            session: info,
        };
        drop(store);
        feed.news.send_if_modified(|latest| {
            let is_news = *latest != update;
            if is_news {
                *latest = update;
            }
            is_news
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::SessionId;
    use crate::session::one::Place;

    #[tokio::test]
    async fn viewers_share_a_trace_and_the_last_one_lets_it_go() {
        let home = tempfile::tempdir().unwrap();
        let id = SessionId::generate().unwrap();
        let session = Arc::new(Session::saved(id, home.path().join("trace"), Place::Elsewhere));
        let (first, first_news) = session.watch();
        let (second, second_news) = session.watch();
        assert!(Arc::ptr_eq(&first, &second));
        drop(first_news);
        assert!(!session.release(&first), "one still looks");
        drop(second_news);
        assert!(session.release(&first));
        assert!(!Arc::ptr_eq(&first, &session.watch().0), "the next viewer has it read anew");
    }
}

//! Which file a descriptor stands for, followed from the calls.
//!
//! A read names only a number. What the number means is known from the call that made it, so the decoder keeps every process's
//! table as the kernel does: fork copies it, CLONE_FILES shares it, exec closes what is marked for it. What was open before the trace
//! began is told by [`FdTables::seed`]. Descriptors that arrive by other ways (SCM_RIGHTS, `pidfd_getfd`) have no name.
//!
//! Names are as the program gave them: the path of its open, a socket's peer, and for what has no name what `/proc/PID/fd` would say.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};

use syscope_shared::event::Origin;
use syscope_shared::ids::{Fd, Pid, TaskUid};
use syscope_shared::syscall::{Abi, SyscallId};

use super::Decoded;
use super::memory::Fields;
use super::row;
use crate::tracer::raw::RawSyscall;

/// The descriptor tables of all traced tasks.
#[derive(Debug, Default)]
pub struct FdTables {
    of_task: HashMap<TaskUid, TableId>,
    of_process: HashMap<Pid, TableId>,
    tables: HashMap<TableId, Table>,
    next_table: u32,
    /// Pipes and socket pairs so far: both ends have the same number, so that one can see who talks to whom.
    pairs: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct TableId(u32);

#[derive(Clone, Debug, Default)]
struct Table {
    open: BTreeMap<i32, Open>,
    /// Tasks that share it.
    users: u32,
}

#[derive(Clone, Debug)]
struct Open {
    name: Option<String>,
    closes_on_exec: bool,
}

const CLOSE_RANGE_UNSHARE: u64 = 2;
const CLOSE_RANGE_CLOEXEC: u64 = 4;

/// The calls that [`FdTables::apply`] looks at.
const CHANGING: &[i64] = &[
    libc::SYS_close,
    libc::SYS_connect,
    libc::SYS_unshare,
    libc::SYS_close_range,
    libc::SYS_fcntl,
    libc::SYS_dup,
    libc::SYS_dup2,
    libc::SYS_dup3,
    libc::SYS_pipe,
    libc::SYS_pipe2,
    libc::SYS_socketpair,
    libc::SYS_bind,
    libc::SYS_open,
    libc::SYS_openat,
    libc::SYS_openat2,
    libc::SYS_creat,
    libc::SYS_socket,
    libc::SYS_accept,
    libc::SYS_accept4,
    libc::SYS_epoll_create,
    libc::SYS_epoll_create1,
    libc::SYS_eventfd,
    libc::SYS_eventfd2,
    libc::SYS_signalfd,
    libc::SYS_signalfd4,
    libc::SYS_timerfd_create,
    libc::SYS_inotify_init,
    libc::SYS_inotify_init1,
    libc::SYS_pidfd_open,
    libc::SYS_io_uring_setup,
    libc::SYS_memfd_create,
];

impl FdTables {
    /// Tells what an fd of a process stood for before the trace began: where `/proc/PID/fd/N` points.
    pub fn seed(&mut self, process: Pid, fd: Fd, name: &str) {
        let id = self.table_of_process(process);
        let open = Open { name: Some(name.to_owned()), closes_on_exec: false };
        if let Some(table) = self.tables.get_mut(&id) {
            table.open.insert(fd.0, open);
        }
    }

    /// Whether [`FdTables::apply`] makes something of the call.
    #[must_use]
    pub fn is_changed_by(call: SyscallId) -> bool {
        call.abi == Abi::X86_64 && CHANGING.contains(&i64::from(call.number))
    }

    /// A task began, or was first seen.
    pub fn started(&mut self, task: TaskUid, process: Pid, origin: Origin) {
        let parent = match origin {
            Origin::Created { parent, clone_flags, .. } => {
                let is_shared = clone_flags & libc::CLONE_FILES as u64 != 0;
                self.of_task.get(&parent).map(|&id| (id, is_shared))
            }
            Origin::Spawned | Origin::Attached => None,
        };
        let id = match parent {
            Some((id, true)) => id,
            Some((id, false)) => self.copy_of(id),
            None => self.table_of_process(process),
        };
        self.of_process.insert(process, id);
        self.use_table(task, id);
    }

    /// A task executed a program: its table is its own from now on, without what was to be closed.
    pub fn executed(&mut self, task: TaskUid) {
        self.unshare(task);
        if let Some(table) = self.table_mut(task) {
            table.open.retain(|_, open| !open.closes_on_exec);
        }
    }

    /// A task ended.
    pub fn ended(&mut self, task: TaskUid) {
        if let Some(id) = self.of_task.remove(&task) {
            self.release(id);
        }
    }

    /// Names what a call works on by number alone. To be asked before [`FdTables::apply`].
    pub fn name(&self, task: TaskUid, raw: &RawSyscall, decoded: &mut Decoded) {
        let Some(table) = self.of_task.get(&task).and_then(|id| self.tables.get(id)) else {
            return;
        };
        let name_of = |fd: i32| table.open.get(&fd).and_then(|open| open.name.as_deref());
        match &decoded.path {
            Some(path) if !path.starts_with('/') => {
                let directory = row::find(raw.call.id)
                    .and_then(row::Row::directory_of_path)
                    .and_then(|index| name_of(raw.call.args[index] as i32));
                if let Some(directory) = directory {
                    decoded.path = Some(joined(directory, path));
                }
            }
            Some(_) => {}
            None => decoded.path = decoded.fd.and_then(|fd| name_of(fd.0)).map(str::to_owned),
        }
    }

    /// Makes a call's changes: what it opened, copied and closed. `decoded` is the call after [`FdTables::name`].
    pub fn apply(&mut self, task: TaskUid, raw: &RawSyscall, decoded: &Decoded) {
        let Some(exit) = raw.exit.filter(|_| raw.call.id.abi == Abi::X86_64) else {
            return;
        };
        let call = Finished { raw, args: raw.call.args, ret: exit.ret, path: decoded.path.as_deref() };
        let number = i64::from(raw.call.id.number);
        match number {
            // Linux frees the number even when close reports an error.
            libc::SYS_close => self.close(task, call.int(0), call.int(0)),
            libc::SYS_connect if exit.is_error && exit.ret != -i64::from(libc::EINPROGRESS) => {}
            libc::SYS_connect => self.rename(task, call.int(0), call.path),
            _ if exit.is_error => {}
            libc::SYS_unshare if call.has(0, libc::CLONE_FILES) => self.unshare(task),
            libc::SYS_close_range => self.close_range(task, &call),
            libc::SYS_fcntl => self.fcntl(task, &call),
            libc::SYS_dup => self.copy(task, call.int(0), call.fd(), false),
            libc::SYS_dup2 => self.copy(task, call.int(0), call.fd(), false),
            libc::SYS_dup3 => self.copy(task, call.int(0), call.fd(), call.has(2, libc::O_CLOEXEC)),
            libc::SYS_pipe => self.pair(task, &call, 0, "pipe", false),
            libc::SYS_pipe2 => self.pair(task, &call, 0, "pipe", call.has(1, libc::O_CLOEXEC)),
            libc::SYS_socketpair => self.pair(task, &call, 3, "socketpair", call.has(1, libc::SOCK_CLOEXEC)),
            libc::SYS_bind => self.rename_unnamed(task, call.int(0), call.path),
            _ => {
                if let Some((name, closes_on_exec)) = self.opened(task, number, &call) {
                    self.open(task, call.fd(), name, closes_on_exec);
                }
            }
        }
    }

    /// The name of what a call that returns a new fd made, and whether exec closes it.
    fn opened(&self, task: TaskUid, number: i64, call: &Finished<'_>) -> Option<(Option<String>, bool)> {
        let path = || call.path.map(str::to_owned);
        let anonymous = |kind: &str| Some(format!("anon_inode:[{kind}]"));
        let cloexec = |index| call.has(index, libc::O_CLOEXEC);
        Some(match number {
            libc::SYS_open => (path(), cloexec(1)),
            libc::SYS_openat => (path(), cloexec(2)),
            libc::SYS_openat2 => (path(), call.word_at_entry(2) & libc::O_CLOEXEC as u64 != 0),
            libc::SYS_creat => (path(), false),
            libc::SYS_socket => (None, call.has(1, libc::SOCK_CLOEXEC)),
            libc::SYS_accept | libc::SYS_accept4 => {
                // A peer that has no name is known by the address that it came to.
                let name = path().or_else(|| self.name_of(task, call.int(0)));
                (name, number == libc::SYS_accept4 && call.has(3, libc::SOCK_CLOEXEC))
            }
            libc::SYS_epoll_create => (anonymous("eventpoll"), false),
            libc::SYS_epoll_create1 => (anonymous("eventpoll"), cloexec(0)),
            libc::SYS_eventfd => (anonymous("eventfd"), false),
            libc::SYS_eventfd2 => (anonymous("eventfd"), cloexec(1)),
            libc::SYS_signalfd => (anonymous("signalfd"), false),
            libc::SYS_signalfd4 => (anonymous("signalfd"), cloexec(3)),
            libc::SYS_timerfd_create => (anonymous("timerfd"), cloexec(1)),
            libc::SYS_inotify_init => (anonymous("inotify"), false),
            libc::SYS_inotify_init1 => (anonymous("inotify"), cloexec(0)),
            libc::SYS_pidfd_open => (anonymous("pidfd"), true),
            libc::SYS_io_uring_setup => (anonymous("io_uring"), true),
            libc::SYS_memfd_create => {
                let name = super::memory::c_string(&call.raw.at_entry, call.args[0], MEMFD_NAME_BYTES);
                let name = name.map(|name| format!("/memfd:{}", String::from_utf8_lossy(&name.bytes)));
                (name, call.has(1, libc::MFD_CLOEXEC as i32))
            }
            _ => return None,
        })
    }

    fn fcntl(&mut self, task: TaskUid, call: &Finished<'_>) {
        match call.int(1) {
            libc::F_DUPFD => self.copy(task, call.int(0), call.fd(), false),
            libc::F_DUPFD_CLOEXEC => self.copy(task, call.int(0), call.fd(), true),
            libc::F_SETFD => {
                if let Some(open) = self.table_mut(task).and_then(|table| table.open.get_mut(&call.int(0))) {
                    open.closes_on_exec = call.has(2, libc::FD_CLOEXEC);
                }
            }
            _ => {}
        }
    }

    fn close_range(&mut self, task: TaskUid, call: &Finished<'_>) {
        let last = i32::try_from(call.args[1] as u32).unwrap_or(i32::MAX);
        let Ok(first) = i32::try_from(call.args[0] as u32) else {
            return;
        };
        if call.args[2] & CLOSE_RANGE_UNSHARE != 0 {
            self.unshare(task);
        }
        if call.args[2] & CLOSE_RANGE_CLOEXEC == 0 {
            self.close(task, first, last);
        } else if let Some(table) = self.table_mut(task)
            && first <= last
        {
            table.open.range_mut(first..=last).for_each(|(_, open)| open.closes_on_exec = true);
        }
    }

    /// Two fds that the call stored where argument `index` points.
    fn pair(&mut self, task: TaskUid, call: &Finished<'_>, index: usize, kind: &str, closes_on_exec: bool) {
        let Some(fds) = call.raw.at_exit.get(call.args[index], 8).map(Fields) else {
            return;
        };
        self.pairs += 1;
        let name = format!("{kind} {}", self.pairs);
        for fd in [fds.i32(0), fds.i32(4)] {
            self.open(task, fd, Some(name.clone()), closes_on_exec);
        }
    }

    fn open(&mut self, task: TaskUid, fd: i32, name: Option<String>, closes_on_exec: bool) {
        if let Some(table) = self.table_mut(task) {
            table.open.insert(fd, Open { name, closes_on_exec });
        }
    }

    fn copy(&mut self, task: TaskUid, from: i32, to: i32, closes_on_exec: bool) {
        if from != to {
            let name = self.name_of(task, from);
            self.open(task, to, name, closes_on_exec);
        }
    }

    fn close(&mut self, task: TaskUid, first: i32, last: i32) {
        if let Some(table) = self.table_mut(task) {
            table.open.retain(|fd, _| !(first..=last).contains(fd));
        }
    }

    fn rename(&mut self, task: TaskUid, fd: i32, name: Option<&str>) {
        if let Some(open) = self.table_mut(task).and_then(|table| table.open.get_mut(&fd)) {
            open.name = name.map(str::to_owned);
        }
    }

    fn rename_unnamed(&mut self, task: TaskUid, fd: i32, name: Option<&str>) {
        if self.name_of(task, fd).is_none() {
            self.rename(task, fd, name);
        }
    }

    fn name_of(&self, task: TaskUid, fd: i32) -> Option<String> {
        let table = self.tables.get(self.of_task.get(&task)?)?;
        table.open.get(&fd)?.name.clone()
    }

    fn table_mut(&mut self, task: TaskUid) -> Option<&mut Table> {
        self.tables.get_mut(self.of_task.get(&task)?)
    }

    fn table_of_process(&mut self, process: Pid) -> TableId {
        if let Some(&id) = self.of_process.get(&process) {
            return id;
        }
        let id = self.add(Table::default());
        self.of_process.insert(process, id);
        id
    }

    fn add(&mut self, table: Table) -> TableId {
        let id = TableId(self.next_table);
        self.next_table += 1;
        self.tables.insert(id, table);
        id
    }

    fn copy_of(&mut self, id: TableId) -> TableId {
        let open = self.tables.get(&id).map(|table| table.open.clone()).unwrap_or_default();
        self.add(Table { open, users: 0 })
    }

    /// Gives a task that shares its table a copy of its own.
    fn unshare(&mut self, task: TaskUid) {
        let Some(&id) = self.of_task.get(&task) else {
            return;
        };
        if self.tables.get(&id).is_some_and(|table| table.users > 1) {
            let own = self.copy_of(id);
            self.release(id);
            self.use_table(task, own);
        }
    }

    fn use_table(&mut self, task: TaskUid, id: TableId) {
        self.of_task.insert(task, id);
        if let Some(table) = self.tables.get_mut(&id) {
            table.users += 1;
        }
    }

    fn release(&mut self, id: TableId) {
        let Some(table) = self.tables.get_mut(&id) else {
            return;
        };
        table.users = table.users.saturating_sub(1);
        if table.users == 0 {
            self.tables.remove(&id);
            self.of_process.retain(|_, table| *table != id);
        }
    }
}

/// `memfd_create(2)`: a name has at most 249 bytes.
const MEMFD_NAME_BYTES: usize = 249;

/// A call that returned.
struct Finished<'a> {
    raw: &'a RawSyscall,
    args: [u64; 6],
    ret: i64,
    path: Option<&'a str>,
}

impl Finished<'_> {
    fn int(&self, index: usize) -> i32 {
        self.args[index] as i32
    }

    /// The fd that it returned.
    fn fd(&self) -> i32 {
        self.ret as i32
    }

    fn has(&self, index: usize, bits: i32) -> bool {
        self.int(index) & bits != 0
    }

    fn word_at_entry(&self, index: usize) -> u64 {
        self.raw.at_entry.get(self.args[index], 8).map_or(0, |word| Fields(word).u64(0))
    }
}

/// A path that was named from a directory's fd.
fn joined(directory: &str, path: &str) -> String {
    if path.is_empty() {
        return directory.to_owned();
    }
    format!("{}/{path}", directory.trim_end_matches('/'))
}

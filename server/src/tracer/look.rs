//! Reading of a stopped task what will be gone once it runs again.

use syscope_shared::event::Creation;
use syscope_shared::ids::{Pid, Tid};
use syscope_shared::syscall::SyscallId;
use syscope_shared::units::TraceTime;

use super::core::Core;
use super::raw::Exit;
use super::stop::{OpenCall, StopKind, Stranger};
use super::{clone, procfs};
use crate::decode::{Limits, capture_entry, capture_exit, captured_string};
use crate::sys::Gone;
use crate::sys::memory::Reader;
use crate::sys::ptrace::{self, SyscallStop};
use crate::sys::wait::{self, Event, Status};

/// Turns a status into the stop that the core wants to know of.
pub(super) fn look_at(
    tid: Tid,
    status: Status,
    time: TraceTime,
    core: &Core,
    reader: &mut Reader,
    limits: &Limits,
) -> Result<StopKind, Gone> {
    Look { core, reader, limits }.look_at(tid, status, time)
}

struct Look<'a> {
    core: &'a Core,
    reader: &'a mut Reader,
    limits: &'a Limits,
}

impl Look<'_> {
    fn look_at(&mut self, tid: Tid, status: Status, time: TraceTime) -> Result<StopKind, Gone> {
        Ok(match status {
            Status::SyscallStop => self.look_at_call(tid, time)?,
            Status::SignalStop(signal) => {
                StopKind::Signal { signal, siginfo: ptrace::signal_info(tid).unwrap_or_default() }
            }
            Status::GroupStop(signal) => StopKind::GroupStop(signal),
            Status::Trap => StopKind::Trap,
            Status::Event(event @ (Event::Fork | Event::Vfork | Event::Clone)) => {
                self.look_at_creation(tid, event)?
            }
            Status::Event(Event::Exec) => {
                let former = Tid(ptrace::event_message(tid)? as i32);
                let mut image = procfs::image(tid);
                if self.core.is_before_exec(former) {
                    image.open_files = procfs::open_files(tid);
                }
                if let Some(path) = self.core.open_call(former).and_then(executed_path) {
                    image.program = path;
                }
                StopKind::Executed { former, image }
            }
            Status::Event(Event::Exit) => StopKind::Exiting(wait::end_of(ptrace::event_message(tid)?)),
            Status::Event(Event::Other(_)) | Status::Ended(_) => StopKind::Other,
        })
    }

    fn look_at_call(&mut self, tid: Tid, time: TraceTime) -> Result<StopKind, Gone> {
        Ok(match ptrace::syscall_info(tid)? {
            SyscallStop::Entry(call) => {
                let at_entry = capture_entry(&call, self.limits, &mut self.reader.of(tid));
                StopKind::Entry { call, at_entry }
            }
            SyscallStop::Exit { ret, is_error } => {
                let Some(open) = self.core.open_call(tid) else { return Ok(StopKind::Other) };
                let exit = Exit { duration: time.since(open.start()), ret, is_error };
                let memory = &mut self.reader.of(tid);
                let at_exit = capture_exit(&open.call, &exit, &open.at_entry, self.limits, memory);
                let comm = if open.is_renaming() { procfs::comm(tid) } else { None };
                StopKind::Exit { ret, is_error, at_exit, comm }
            }
            SyscallStop::None => StopKind::Other,
        })
    }

    fn look_at_creation(&mut self, tid: Tid, event: Event) -> Result<StopKind, Gone> {
        let child = Tid(ptrace::event_message(tid)? as i32);
        let Some(call) = self.core.open_call(tid).map(|open| open.call) else {
            // The task was attached to in the middle of its call.
            let is_thread = procfs::status(child).is_some_and(|status| status.process.0 != child.0);
            let by = match event {
                Event::Fork => Creation::Fork,
                Event::Vfork => Creation::Vfork,
                _ if is_thread => Creation::Thread,
                _ => Creation::Clone,
            };
            return Ok(StopKind::Created { child, by, clone_flags: 0 });
        };
        let in_memory =
            clone::flags_address(&call).and_then(|address| self.reader.of(tid).read_word(address));
        let clone_flags = clone::flags_of(&call, in_memory);
        Ok(StopKind::Created { child, by: clone::creation_of(&call, clone_flags), clone_flags })
    }
}

/// The path that an execve names, which tells more than the file that runs in the end: a script's is its interpreter.
fn executed_path(open: &OpenCall) -> Option<String> {
    const EXECVE: SyscallId = SyscallId::x86_64(59);
    if open.call.id != EXECVE {
        return None;
    }
    let path = captured_string(&open.at_entry, open.call.args[0])?;
    Some(String::from_utf8_lossy(&path).into_owned())
}

/// Who an unknown task is.
pub(super) fn stranger(tid: Tid) -> Stranger {
    match procfs::status(tid) {
        Some(status) => Stranger { process: status.process, comm: status.name },
        None => Stranger { process: Pid(tid.0), comm: String::new() },
    }
}

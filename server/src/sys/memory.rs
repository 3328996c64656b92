//! Reading a stopped tracee's memory.
#![expect(unsafe_code, reason = "process_vm_readv, with a buffer that is written through a raw iovec")]

use std::io;

use syscope_shared::ids::Tid;

use super::ptrace::peek_word;
use crate::tracer::raw::{Snapshot, TraceeMemory};

const PAGE: u64 = 4096;

/// IOV_MAX of `limits.h`: the most pieces one call takes.
const MOST_PIECES: usize = 1024;

/// The most that is read of one range. A tracee may name any length; what a call really moves is rarely more than this, and what is
/// kept of it far less.
pub const MOST_RANGE_BYTES: usize = 1 << 20;

/// Reads tracees' memory; keeps its buffers from one stop to the next.
#[derive(Debug)]
pub struct Reader {
    buffer: Vec<u8>,
    pieces: Vec<Piece>,
    remote: Vec<libc::iovec>,
    means: Means,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Means {
    /// process_vm_readv: all ranges in one call.
    Batched,
    /// PTRACE_PEEKDATA, where a container's seccomp filter or the kernel's configuration refuses process_vm_readv.
    WordByWord,
}

/// A part of a range that lies within one page, so that a fault never cuts it.
#[derive(Clone, Copy, Debug)]
struct Piece {
    range: usize,
    address: u64,
    length: usize,
}

/// One tracee's memory, while it is stopped.
#[derive(Debug)]
pub struct Memory<'a> {
    reader: &'a mut Reader,
    tid: Tid,
}

impl Default for Reader {
    fn default() -> Self {
        Self { buffer: Vec::new(), pieces: Vec::new(), remote: Vec::new(), means: Means::Batched }
    }
}

impl Reader {
    /// Whether all reads so far were made in as few calls as possible.
    #[must_use]
    pub fn is_batched(&self) -> bool {
        self.means == Means::Batched
    }

    /// The memory of `tid`, which must be in a ptrace-stop.
    pub fn of(&mut self, tid: Tid) -> Memory<'_> {
        Memory { reader: self, tid }
    }

    fn read_all(&mut self, tid: Tid, ranges: &[(u64, usize)], into: &mut Snapshot) {
        if self.means == Means::Batched {
            match self.read_batched(tid, ranges, into) {
                Ok(()) => return,
                Err(error) if error.raw_os_error() == Some(libc::ESRCH) => return,
                Err(_) => self.means = Means::WordByWord,
            }
        }
        for &(address, length) in ranges {
            self.buffer.clear();
            read_words(tid, address, length.min(MOST_RANGE_BYTES), &mut self.buffer);
            if !self.buffer.is_empty() {
                into.push(address, &self.buffer);
            }
        }
    }

    /// An error means that not even a first call was possible.
    fn read_batched(&mut self, tid: Tid, ranges: &[(u64, usize)], into: &mut Snapshot) -> io::Result<()> {
        self.pieces.clear();
        for (range, &(address, length)) in ranges.iter().enumerate() {
            cut_at_pages(range, address, length.min(MOST_RANGE_BYTES), &mut self.pieces);
        }
        let total: usize = self.pieces.iter().map(|piece| piece.length).sum();
        if self.buffer.len() < total {
            self.buffer.resize(total, 0);
        }
        // How many bytes of each range have been read; they lie in the buffer one after the other, faults skipped.
        let mut filled = 0;
        let mut at_piece = 0;
        let mut current: Option<(usize, usize)> = None; // the range being filled and where it began in the buffer
        while at_piece < self.pieces.len() {
            let batch = &self.pieces[at_piece..self.pieces.len().min(at_piece + MOST_PIECES)];
            let mut got = vm_readv(tid, batch, &mut self.remote, &mut self.buffer[filled..])?;
            let mut fault = None;
            for piece in batch {
                if current.is_none_or(|(range, _)| range != piece.range) {
                    push_range(ranges, current, &self.buffer[..filled], into);
                    current = Some((piece.range, filled));
                }
                let read = got.min(piece.length);
                filled += read;
                got -= read;
                at_piece += 1;
                if read < piece.length {
                    fault = Some(piece.range);
                    break;
                }
            }
            if let Some(range) = fault {
                // What follows a fault in the same range is not contiguous with its beginning any more.
                at_piece += self.pieces[at_piece..].iter().take_while(|piece| piece.range == range).count();
            }
        }
        push_range(ranges, current, &self.buffer[..filled], into);
        Ok(())
    }
}

/// Adds the finished range, whose bytes are the end of `filled`, unless there are none.
fn push_range(ranges: &[(u64, usize)], finished: Option<(usize, usize)>, filled: &[u8], into: &mut Snapshot) {
    if let Some((range, start)) = finished
        && start < filled.len()
    {
        into.push(ranges[range].0, &filled[start..]);
    }
}

fn cut_at_pages(range: usize, address: u64, length: usize, pieces: &mut Vec<Piece>) {
    let mut address = address;
    let mut rest = length;
    while rest > 0 {
        let length = rest.min((PAGE - address % PAGE) as usize);
        pieces.push(Piece { range, address, length });
        rest -= length;
        match address.checked_add(length as u64) {
            Some(next) => address = next,
            None => return,
        }
    }
}

/// Reads `pieces` one after the other into `buffer` until one faults, and answers how many bytes it read.
fn vm_readv(
    tid: Tid,
    pieces: &[Piece],
    remote: &mut Vec<libc::iovec>,
    buffer: &mut [u8],
) -> io::Result<usize> {
    remote.clear();
    remote.extend(pieces.iter().map(|piece| libc::iovec {
        iov_base: std::ptr::without_provenance_mut(piece.address as usize),
        iov_len: piece.length,
    }));
    let wanted: usize = pieces.iter().map(|piece| piece.length).sum();
    let local = libc::iovec { iov_base: buffer[..wanted].as_mut_ptr().cast(), iov_len: wanted };
    // SAFETY: `local` is the first `wanted` bytes of `buffer`, which this call alone may write; the remote addresses are another
    // process's and are checked by the kernel.
    let read = unsafe {
        libc::process_vm_readv(tid.0, &raw const local, 1, remote.as_ptr(), remote.len() as libc::c_ulong, 0)
    };
    if read >= 0 {
        return Ok(read as usize);
    }
    let error = io::Error::last_os_error();
    match error.raw_os_error() {
        // The first piece cannot be read (EINVAL: it wraps around the end of the address space).
        Some(libc::EFAULT | libc::EINVAL) => Ok(0),
        _ => Err(error),
    }
}

fn read_words(tid: Tid, address: u64, length: usize, into: &mut Vec<u8>) {
    const WORD: u64 = 8;
    let mut at = address;
    while into.len() < length {
        let aligned = at - at % WORD;
        let Ok(word) = peek_word(tid, aligned) else { return };
        let bytes = word.to_ne_bytes();
        let usable = &bytes[(at - aligned) as usize..];
        let wanted = usable.len().min(length - into.len());
        into.extend_from_slice(&usable[..wanted]);
        match aligned.checked_add(WORD) {
            Some(next) => at = next,
            None => return,
        }
    }
}

impl Memory<'_> {
    /// Reads eight bytes.
    pub fn read_word(&mut self, address: u64) -> Option<u64> {
        let mut snapshot = Snapshot::default();
        self.read_all(&[(address, 8)], &mut snapshot);
        Some(u64::from_ne_bytes(snapshot.get(address, 8)?.try_into().ok()?))
    }
}

impl TraceeMemory for Memory<'_> {
    fn read_all(&mut self, ranges: &[(u64, usize)], into: &mut Snapshot) {
        if !ranges.is_empty() {
            self.reader.read_all(self.tid, ranges, into);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two readable pages with an unreadable one behind them.
    fn pages() -> (u64, nix::libc::size_t) {
        // SAFETY: a new anonymous mapping, whose third page is made unreadable; it is never unmapped.
        unsafe {
            let protection = libc::PROT_READ | libc::PROT_WRITE;
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
            let base = libc::mmap(std::ptr::null_mut(), 3 * PAGE as usize, protection, flags, -1, 0);
            assert_ne!(base, libc::MAP_FAILED);
            libc::memset(base, b'x'.into(), 2 * PAGE as usize);
            assert_eq!(libc::mprotect(base.byte_add(2 * PAGE as usize), PAGE as usize, libc::PROT_NONE), 0);
            (base as u64, 2 * PAGE as usize)
        }
    }

    fn own_tid() -> Tid {
        Tid(nix::unistd::gettid().as_raw())
    }

    #[test]
    fn a_fault_cuts_its_own_range_only() {
        let (base, readable) = pages();
        let end = base + readable as u64;
        let text = b"after the fault";
        let ranges = [
            (end - 5, 100),
            (0, 8),
            (base + 10, PAGE as usize),
            (u64::MAX - 3, 64),
            (text.as_ptr() as u64, text.len()),
        ];
        let mut snapshot = Snapshot::default();
        Reader::default().of(own_tid()).read_all(&ranges, &mut snapshot);
        assert_eq!(snapshot.from(end - 5), b"xxxxx");
        assert_eq!(snapshot.from(base + 10).len(), PAGE as usize);
        assert_eq!(snapshot.from(0), b"");
        assert_eq!(snapshot.from(u64::MAX - 3), b"");
        assert_eq!(snapshot.get(text.as_ptr() as u64, text.len()), Some(&text[..]));
    }

    #[test]
    fn a_length_that_no_memory_has_is_cut() {
        let (base, readable) = pages();
        for means in [Means::Batched, Means::WordByWord] {
            let mut reader = Reader { means, ..Reader::default() };
            let mut snapshot = Snapshot::default();
            reader.of(own_tid()).read_all(&[(base, usize::MAX), (8, usize::MAX)], &mut snapshot);
            // One cannot PTRACE_PEEKDATA oneself.
            let expected = if means == Means::Batched { readable } else { 0 };
            assert_eq!(snapshot.from(base).len(), expected);
            assert_eq!(snapshot.from(8), b"");
        }
    }

    #[test]
    fn more_pieces_than_one_call_takes() {
        let words: Vec<u64> = (0..3000).collect();
        let ranges: Vec<(u64, usize)> = words.iter().map(|word| (&raw const *word as u64, 8)).collect();
        let mut snapshot = Snapshot::default();
        Reader::default().of(own_tid()).read_all(&ranges, &mut snapshot);
        for (word, &(address, length)) in words.iter().zip(&ranges) {
            assert_eq!(snapshot.get(address, length), Some(&word.to_ne_bytes()[..]));
        }
    }
}

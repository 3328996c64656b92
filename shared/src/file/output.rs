//! The columns of an output chunk.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{UInt8Type, UInt64Type};
use arrow_array::{BinaryArray, RecordBatch, UInt8Array, UInt64Array};
use arrow_schema::ArrowError;

use super::events::column;
use crate::event::{Output, Stream};
use crate::units::TraceTime;

pub(super) fn to_batch(pieces: &[Output]) -> Result<RecordBatch, ArrowError> {
    let time: UInt64Array = pieces.iter().map(|piece| Some(piece.time.0)).collect();
    let stream: UInt8Array = pieces.iter().map(|piece| Some(stream_code(piece.stream))).collect();
    let bytes: BinaryArray = pieces.iter().map(|piece| Some(&piece.bytes)).collect();
    RecordBatch::try_from_iter([
        ("time", Arc::new(time) as _),
        ("stream", Arc::new(stream) as _),
        ("bytes", Arc::new(bytes) as _),
    ])
}

pub(super) fn from_batch(batch: &RecordBatch) -> Result<Vec<Output>, String> {
    let time = column(batch, "time")?.as_primitive_opt::<UInt64Type>().ok_or("`time` has another type")?;
    let stream =
        column(batch, "stream")?.as_primitive_opt::<UInt8Type>().ok_or("`stream` has another type")?;
    let bytes = column(batch, "bytes")?.as_binary_opt::<i32>().ok_or("`bytes` has another type")?;
    (0..batch.num_rows())
        .map(|row| {
            let stream = match stream.value(row) {
                1 => Stream::Stdout,
                2 => Stream::Stderr,
                other => return Err(format!("there is no output stream {other}")),
            };
            Ok(Output { time: TraceTime(time.value(row)), stream, bytes: bytes.value(row).to_vec() })
        })
        .collect()
}

fn stream_code(stream: Stream) -> u8 {
    match stream {
        Stream::Stdout => 1,
        Stream::Stderr => 2,
    }
}

//! How a call ended: the text after `= `.

use syscope_shared::errno;

use super::row::{Outcome as Kind, Row};
use super::view::View;

pub(super) struct Outcome {
    pub result: String,
    pub ret: i64,
    pub errno: Option<u16>,
}

pub(super) fn of(view: &View<'_>, row: &Row) -> Outcome {
    let Some(exit) = view.exit else {
        return Outcome { result: "?".to_owned(), ret: 0, errno: None };
    };
    let errno = if row.can_fail { view.errno() } else { None };
    let mut result = match errno {
        Some(errno) => failure(errno),
        None => success(view, exit.ret, row.outcome),
    };
    if let Some(note) = row.note.and_then(|note| note(view)) {
        result.push_str(" (");
        result.push_str(&note);
        result.push(')');
    }
    Outcome { result, ret: exit.ret, errno }
}

fn failure(errno: u16) -> String {
    match (errno::name(errno), errno::message(errno)) {
        (Some(name), Some(message)) if errno::is_restart(errno) => format!("? {name} ({message})"),
        (Some(name), Some(message)) => format!("-1 {name} ({message})"),
        _ => format!("-1 (errno {errno})"),
    }
}

fn success(view: &View<'_>, ret: i64, kind: Kind) -> String {
    match kind {
        Kind::Number => ret.to_string(),
        Kind::Hex if ret == 0 => "0".to_owned(),
        Kind::Hex => format!("{ret:#x}"),
        Kind::Octal if ret == 0 => "000".to_owned(),
        Kind::Octal => format!("{:0>3}", format!("0{ret:o}")),
        Kind::Nothing => "?".to_owned(),
        Kind::Depends(kind) => success(view, ret, kind(view)),
    }
}

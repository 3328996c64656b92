//! The keys. One table is what the page obeys and what `?` shows.
//!
//! Bound by `KeyboardEvent.code`, the key's place, so that every keyboard layout works; `/` and `?` alone go by what they type.

use crate::state::address::Tab;

/// What a key does in an open session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    ZoomIn,
    ZoomOut,
    PanLeft,
    PanRight,
    LaneUp,
    LaneDown,
    Fold,
    NextSlice,
    PreviousSlice,
    Fit,
    SliceToRange,
    Leave,
    Freeze,
    Filter,
    FailedOnly,
    Tab(Tab),
    Help,
    Theme,
}

/// A line of the help: what to press, and what it does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Binding {
    pub(crate) keys: &'static str,
    pub(crate) does: &'static str,
    pub(crate) action: Action,
    codes: &'static [&'static str],
}

/// Every binding that exists.
pub(crate) const BINDINGS: &[Binding] = &[
    bind("W", "zoom in at the pointer", Action::ZoomIn, &["KeyW"]),
    bind("S", "zoom out", Action::ZoomOut, &["KeyS"]),
    bind("A", "pan left", Action::PanLeft, &["KeyA"]),
    bind("D", "pan right", Action::PanRight, &["KeyD"]),
    bind("↑", "lane above", Action::LaneUp, &["ArrowUp"]),
    bind("↓", "lane below", Action::LaneDown, &["ArrowDown"]),
    bind(".", "next call of the lane", Action::NextSlice, &["Period"]),
    bind(",", "previous call of the lane", Action::PreviousSlice, &["Comma"]),
    bind("O", "fold or unfold the threads of the lane's process", Action::Fold, &["KeyO"]),
    bind("F", "fit the selected call; again: the range; again: the whole trace", Action::Fit, &["KeyF"]),
    bind(
        "R",
        "select the time range of the selected call, else what is visible",
        Action::SliceToRange,
        &["KeyR"],
    ),
    bind("Esc", "close the details, then leave the range", Action::Leave, &["Escape"]),
    bind("Space", "freeze or resume the live view", Action::Freeze, &["Space"]),
    bind("/", "filter by text", Action::Filter, &["Slash"]),
    bind("E", "failed calls only, or all", Action::FailedOnly, &["KeyE"]),
    bind("1", "timeline", Action::Tab(Tab::Timeline), &["Digit1", "Numpad1"]),
    bind("2", "flame chart", Action::Tab(Tab::Flame), &["Digit2", "Numpad2"]),
    bind("3", "processes", Action::Tab(Tab::Tree), &["Digit3", "Numpad3"]),
    bind("4", "summary", Action::Tab(Tab::Summary), &["Digit4", "Numpad4"]),
    bind("5", "events", Action::Tab(Tab::Events), &["Digit5", "Numpad5"]),
    bind("6", "output", Action::Tab(Tab::Output), &["Digit6", "Numpad6"]),
    bind("T", "light or dark", Action::Theme, &["KeyT"]),
    bind("?", "this list", Action::Help, &[]),
];

/// What the pointer does: for the same list.
pub(crate) const GESTURES: &[(&str, &str)] = &[
    ("Drag", "select a time range: every panel is then about it"),
    ("Shift + drag", "pan"),
    ("Ctrl + wheel", "zoom at the pointer"),
    ("Shift + wheel", "pan"),
    ("Wheel", "scroll the lanes"),
    ("Click", "select a call"),
    ("Double click", "fit a call"),
];

const fn bind(
    keys: &'static str,
    does: &'static str,
    action: Action,
    codes: &'static [&'static str],
) -> Binding {
    Binding { keys, does, action, codes }
}

/// What was pressed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Press {
    /// `KeyboardEvent.code`.
    pub(crate) code: String,
    /// `KeyboardEvent.key`.
    pub(crate) key: String,
    /// Ctrl, Alt or Meta: the browser's own shortcuts.
    pub(crate) has_modifier: bool,
    /// The focus is where one types: only Escape is a command there.
    pub(crate) is_typing: bool,
}

/// What a press means.
pub(crate) fn action(press: &Press) -> Option<Action> {
    if press.has_modifier || (press.is_typing && press.code != "Escape") {
        return None;
    }
    match press.key.as_str() {
        "?" => Some(Action::Help),
        "/" => Some(Action::Filter),
        _ => BINDINGS.iter().find(|binding| binding.codes.contains(&press.code.as_str())).map(|b| b.action),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(code: &str, key: &str) -> Press {
        Press { code: code.to_owned(), key: key.to_owned(), ..Press::default() }
    }

    #[test]
    fn keys_go_by_their_place() {
        assert_eq!(action(&press("KeyW", "z")), Some(Action::ZoomIn));
        assert_eq!(action(&press("Slash", "?")), Some(Action::Help));
        assert_eq!(action(&press("Digit7", "/")), Some(Action::Filter), "a German keyboard");
        assert_eq!(action(&press("KeyQ", "q")), None);
    }

    #[test]
    fn typing_and_the_browsers_own_shortcuts_are_left_alone() {
        let typed = Press { is_typing: true, ..press("KeyW", "w") };
        assert_eq!(action(&typed), None);
        let escape = Press { is_typing: true, ..press("Escape", "Escape") };
        assert_eq!(action(&escape), Some(Action::Leave));
        let close = Press { has_modifier: true, ..press("KeyW", "w") };
        assert_eq!(action(&close), None);
    }

    #[test]
    fn no_key_has_two_meanings() {
        let mut codes: Vec<&str> =
            BINDINGS.iter().flat_map(|binding| binding.codes.iter().copied()).collect();
        codes.sort_unstable();
        let count = codes.len();
        codes.dedup();
        assert_eq!(codes.len(), count);
    }
}

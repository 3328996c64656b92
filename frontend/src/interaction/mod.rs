//! Gestures: keys, wheel, drag. `keys` is pure.

pub(crate) mod keys;

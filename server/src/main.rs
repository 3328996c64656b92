//! The `syscope` command.

fn main() {}

//! `syscope report`: what a trace says, without a page. The numbers are the page's: both come from the same queries.

mod json;
mod text;

pub use json::write_json;
pub use text::write_text;

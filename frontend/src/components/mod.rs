//! The document: what is on the page. Components read signals and ask through `state`; what they draw on canvases comes from `paint`.
//!
//! Tests find things by `data-testid`, which are a contract:
//!
//! | where | `data-testid` |
//! | --- | --- |
//! | the page | `no-token`, `notice`, `theme-toggle` |
//! | starting | `start-tab-command`, `start-tab-attach`, `start-command` (input), `start-argv`, `start-cwd`, `start-env`, `start-button`, `strace-equivalent`, `option-follow`, `option-set-…`, `option-set-custom`, `option-strings-…`, `option-status-…`, `process-filter`, `process-row` (`data-pid`), `example-ID` |
//! | sessions | `session-row` (`data-session-id`), `session-open`, `session-stop`, `session-download`, `session-delete`, `session-delete-confirm` |
//! | an open session | `back`, `session-command`, `session-state` (`data-state`), `session-elapsed`, `session-events` (`data-count`), `session-errors` (`data-count`), `session-lost`, `session-warning`, `stop-button`, `download-button`, `reconnecting`, `freeze-button`, `help-button`, `help` |
//! | what it is about | `overview-canvas`, `range-chip`, `range-clear`, `filter-text`, `filter-failed`, `filter-chip` |
//! | panels | `tab-timeline`, `tab-flame`, `tab-tree`, `tab-summary`, `tab-events`, `tab-output`, `panel-empty`, `panel-error` |
//! | timeline | `timeline-canvas` (`data-lanes`), `stage-tooltip`, `follow-button`, `fit-button` |
//! | flame chart | `flame-canvas` (`data-frames`), `flame-order-time`, `flame-order-duration`, `flame-order-calls`, `flame-crumb`, `stage-tooltip` |
//! | processes | `tree-row` (`data-pid`, `data-tid`, `data-kind` = `process` or `thread`) |
//! | summary | `summary-row` (`data-syscall`, `data-calls`, `data-errors`), `summary-total` (the same), `summary-sort-…` |
//! | events | `event-row` (`data-event`), `event-count` (`data-count`) |
//! | output | `output` |
//! | details | `details` (`data-event`), `details-text`, `details-close` |

#![expect(unreachable_pub, reason = "the component macro makes the properties of every component public")]

pub(crate) mod attach;
pub(crate) mod details;
pub(crate) mod events;
pub(crate) mod examples;
pub(crate) mod flame;
pub(crate) mod header;
pub(crate) mod help;
pub(crate) mod home;
pub(crate) mod icons;
pub(crate) mod narrowing;
pub(crate) mod options;
pub(crate) mod output;
pub(crate) mod overview;
pub(crate) mod page;
pub(crate) mod panel;
pub(crate) mod redraw;
pub(crate) mod session;
pub(crate) mod session_list;
pub(crate) mod stage;
pub(crate) mod start;
pub(crate) mod summary;
pub(crate) mod timeline;
pub(crate) mod tooltip;
pub(crate) mod tree;
pub(crate) mod virtual_list;

//! Starting a trace: a command, or running processes; the options beside them, and the strace command that they equal.

use leptos::prelude::*;
use syscope_shared::api::NewSession;
use syscope_shared::options::{Target, TraceOptions, shell_quoted};
use wasm_bindgen_futures::spawn_local;

use super::attach::ProcessPicker;
use super::options::{OptionsForm, OptionsState};
use crate::source::rest::RestError;
use crate::state::app::{App, use_app};
use crate::view_model::command_line::{CommandLine, SplitError, environment, split};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Command,
    Attach,
}

impl Kind {
    const ALL: [(Self, &'static str, &'static str); 2] =
        [(Self::Command, "command", "Run a command"), (Self::Attach, "attach", "Attach to processes")];
}

/// What the form holds.
#[derive(Clone, Copy)]
pub(crate) struct StartForm {
    app: App,
    kind: RwSignal<Kind>,
    line: RwSignal<String>,
    cwd: RwSignal<String>,
    env: RwSignal<String>,
    /// The pids to attach to.
    pub(crate) pids: RwSignal<Vec<i32>>,
    options: OptionsState,
    /// A start is on its way.
    is_starting: RwSignal<bool>,
    /// Why the last start failed.
    problem: RwSignal<Option<String>>,
}

impl StartForm {
    fn new(app: App) -> Self {
        Self {
            app,
            kind: RwSignal::new(Kind::Command),
            line: RwSignal::new(String::new()),
            cwd: RwSignal::new(String::new()),
            env: RwSignal::new(String::new()),
            pids: RwSignal::new(Vec::new()),
            options: OptionsState::new(),
            is_starting: RwSignal::new(false),
            problem: RwSignal::new(None),
        }
    }

    fn parsed(self) -> Result<CommandLine, SplitError> {
        self.line.with(|line| split(line))
    }

    /// What would be started; `None` while the form does not say yet.
    fn target(self) -> Option<Target> {
        match self.kind.get() {
            Kind::Command => self
                .parsed()
                .ok()
                .filter(|line| !line.words.is_empty())
                .map(|line| Target::Command(line.words)),
            Kind::Attach => Some(self.pids.get()).filter(|pids| !pids.is_empty()).map(Target::Attach),
        }
    }

    /// The strace command that does the same, with a placeholder for a target that is not chosen yet.
    fn strace_command(self) -> String {
        let options: TraceOptions = self.options.value();
        let Some(target) = self.target() else {
            let placeholder = match self.kind.get() {
                Kind::Attach => "-p PID",
                Kind::Command => "COMMAND",
            };
            return format!("{} {placeholder}", options.to_strace_command(&Target::Command(Vec::new())));
        };
        let command = options.to_strace_command(&target);
        if self.kind.get() != Kind::Command {
            return command;
        }
        let variables: String = self
            .env
            .with(|env| environment(env))
            .unwrap_or_default()
            .into_iter()
            .map(|(name, value)| match value {
                Some(value) => format!(" -E {}", shell_quoted(&format!("{name}={value}"))),
                None => format!(" -E {name}"),
            })
            .collect();
        let command = command.replacen("strace", &format!("strace{variables}"), 1);
        match self.cwd.get().trim() {
            "" => command,
            cwd => format!("cd {} && {command}", shell_quoted(cwd)),
        }
    }

    /// The request, or what is missing in it.
    fn request(self) -> Result<NewSession, String> {
        let mut request = NewSession { options: self.options.value(), ..NewSession::default() };
        match self.kind.get_untracked() {
            Kind::Command => {
                let line = self
                    .line
                    .with_untracked(|line| split(line))
                    .map_err(|e| format!("The command cannot be read: {e}."))?;
                if line.words.is_empty() {
                    return Err("Type the command to trace.".to_owned());
                }
                request.command = Some(line.words);
                request.cwd = Some(self.cwd.get_untracked().trim().to_owned()).filter(|cwd| !cwd.is_empty());
                request.env = self.env.with_untracked(|env| environment(env))?.into_iter().collect();
            }
            Kind::Attach => {
                let pids = self.pids.get_untracked();
                if pids.is_empty() {
                    return Err("Choose at least one process.".to_owned());
                }
                request.attach = Some(pids);
            }
        }
        Ok(request)
    }

    fn submit(self) {
        match self.request() {
            Ok(request) => start_session(self.app, request, self.is_starting, self.problem),
            Err(problem) => self.problem.set(Some(problem)),
        }
    }
}

/// Starts a session and opens it; `problem` says why not.
pub(crate) fn start_session(
    app: App,
    request: NewSession,
    is_starting: RwSignal<bool>,
    problem: RwSignal<Option<String>>,
) {
    let Some(rest) = app.rest.get_untracked() else { return };
    if is_starting.get_untracked() {
        return;
    }
    is_starting.set(true);
    problem.set(None);
    spawn_local(async move {
        let started = rest.start(&request).await;
        is_starting.try_set(false);
        match started {
            Ok(session) => app.open(&session.id),
            Err(RestError::Refused(reason)) => {
                problem.try_set(Some(reason));
            }
            Err(error) => app.report(&error),
        }
    });
}

#[component]
pub(crate) fn StartPanel() -> impl IntoView {
    let form = StartForm::new(use_app());
    view! {
        <section class="card start" aria-labelledby="start-title">
            <h2 id="start-title">"New trace"</h2>
            <div class="segmented" role="tablist" aria-label="What to trace">
                {Kind::ALL.map(|(kind, word, title)| view! {
                    <button
                        role="tab"
                        data-testid=format!("start-tab-{word}")
                        aria-selected=move || (form.kind.get() == kind).to_string()
                        on:click=move |_| {
                            form.problem.set(None);
                            form.kind.set(kind);
                        }
                    >
                        {title}
                    </button>
                }).collect_view()}
            </div>
            <form class="start-form" on:submit=move |event| {
                event.prevent_default();
                form.submit();
            }>
                {move || match form.kind.get() {
                    Kind::Command => view! { <CommandFields form=form/> }.into_any(),
                    Kind::Attach => view! { <ProcessPicker form=form/> }.into_any(),
                }}
                <OptionsForm state=form.options/>
                <div class="strace-line">
                    <span class="field-label">"The same with strace"</span>
                    <code class="mono" data-testid="strace-equivalent">{move || form.strace_command()}</code>
                </div>
                {move || form.problem.get().map(|problem| view! {
                    <p class="problem" role="alert" data-testid="start-problem">{problem}</p>
                })}
                <button
                    class="button primary"
                    type="submit"
                    data-testid="start-button"
                    disabled=move || form.is_starting.get()
                >
                    {move || match (form.is_starting.get(), form.kind.get()) {
                        (true, _) => "Starting…",
                        (false, Kind::Attach) => "Attach and trace",
                        (false, Kind::Command) => "Start tracing",
                    }}
                </button>
            </form>
        </section>
    }
}

#[component]
fn CommandFields(form: StartForm) -> impl IntoView {
    view! {
        <label class="field">
            <span class="field-label">"Command line"</span>
            <input
                class="input mono"
                type="text"
                data-testid="start-command"
                placeholder="ls -la /usr"
                autocomplete="off"
                spellcheck="false"
                autofocus
                prop:value=form.line
                on:input=move |event| form.line.set(event_target_value(&event))
            />
        </label>
        <ParsedWords form=form/>
        <div class="field-pair">
            <label class="field">
                <span class="field-label">"Working directory"</span>
                <input
                    class="input mono"
                    type="text"
                    data-testid="start-cwd"
                    placeholder="the server's own"
                    autocomplete="off"
                    spellcheck="false"
                    prop:value=form.cwd
                    on:input=move |event| form.cwd.set(event_target_value(&event))
                />
            </label>
            <label class="field">
                <span class="field-label">"Environment, one a line"</span>
                <textarea
                    class="input mono"
                    rows="1"
                    data-testid="start-env"
                    placeholder="NAME=VALUE"
                    title="NAME=VALUE sets a variable, -NAME unsets it"
                    spellcheck="false"
                    prop:value=form.env
                    on:input=move |event| form.env.set(event_target_value(&event))
                ></textarea>
            </label>
        </div>
    }
}

/// The words as parsed, and what a shell would have made of the rest.
#[component]
fn ParsedWords(form: StartForm) -> impl IntoView {
    move || {
        match form.parsed() {
        Ok(line) if line.words.is_empty() => {
            view! { <p class="hint">"Started directly, without a shell. Quotes work as in a shell."</p> }.into_any()
        }
        Ok(line) => view! {
            <div class="argv" data-testid="start-argv" aria-label="The words as parsed">
                {line.words.into_iter().map(|word| view! { <code class="argv-word">{word}</code> }).collect_view()}
            </div>
            {(!line.shell_syntax.is_empty()).then(|| {
                let signs: Vec<String> = line.shell_syntax.iter().map(char::to_string).collect();
                view! {
                    <p class="hint">
                        "No shell reads this line: " <code>{signs.join(" ")}</code>
                        " stays as it is. For a pipe, a variable or a pattern, trace " <code>"sh -c '…'"</code> "."
                    </p>
                }
            })}
        }
        .into_any(),
        Err(error) => view! { <p class="problem">{format!("Not complete: {error}.")}</p> }.into_any(),
    }
    }
}

//! What verbs print: text for people, JSON lines for scripts. The only place that writes to standard output.

use std::fmt::Display;
use std::io::Write as _;
use std::time::Instant;

use serde::Serialize;
use serde_json::{Map, Value, json};

/// What came of a verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// Everything.
    Well,
    /// Something was refused, the rest was done.
    Partly,
    /// What was to be shown is not so.
    Badly,
}

/// Where a verb prints.
#[derive(Debug)]
pub struct Output {
    json: bool,
    begun: Instant,
}

impl Output {
    /// Text, or JSON lines.
    #[must_use]
    pub fn new(json: bool) -> Self {
        Self { json, begun: Instant::now() }
    }

    /// Whether scripts read it.
    #[must_use]
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Seconds since the verb began.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        (self.begun.elapsed().as_secs_f64() * 1000.0).round() / 1000.0
    }

    /// One thing: for people as `text` says, for scripts as `value`.
    pub fn line(&self, text: impl Display, value: &impl Serialize) {
        if self.json {
            print(serde_json::to_string(value).unwrap_or_default());
        } else {
            print(text);
        }
    }

    /// Words for people only.
    pub fn say(&self, text: impl Display) {
        if !self.json {
            print(text);
        }
    }

    /// The last line: for people as `text` says, for scripts `value` with the seconds added.
    pub fn summary(&self, text: impl Display, value: &impl Serialize) {
        let mut object = match serde_json::to_value(value) {
            Ok(Value::Object(object)) => object,
            Ok(_) | Err(_) => Map::new(),
        };
        object.insert("seconds".to_owned(), json!(self.seconds()));
        self.line(text, &Value::Object(object));
    }

    /// The summary of a verb that has told people everything already: a line for scripts only.
    pub fn end(&self, value: &impl Serialize) {
        if self.json {
            self.summary("", value);
        }
    }

    /// Why the verb failed, on standard error; for scripts also as the last line.
    pub fn failed(&self, error: &anyhow::Error) {
        let chain: Vec<String> = error.chain().map(ToString::to_string).collect();
        let mut said: Vec<&str> = Vec::new();
        for cause in &chain {
            // An error that passes its cause through says it twice.
            if said.last().is_none_or(|last| !last.contains(cause.as_str())) {
                said.push(cause);
            }
        }
        if self.json {
            self.summary("", &json!({ "ok": false, "error": said.join(": ") }));
        }
        eprintln!("fonds: {}", said.join("\n  because "));
    }
}

fn print(text: impl Display) {
    let mut out = std::io::stdout().lock();
    // Whoever reads may have had enough (`fonds search | head -n 1`): what was begun is still finished.
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// A progress bar on standard error: a moving one with rate and time left on a terminal, nothing elsewhere.
#[must_use]
pub fn bar(doing: &'static str, unit: &str, output: &Output) -> indicatif::ProgressBar {
    if output.is_json() {
        return indicatif::ProgressBar::hidden();
    }
    let template = format!("{{msg}} {{wide_bar}} {{human_pos}}/{{human_len}} {unit}, {{per_sec}}, {{eta}} left");
    let style = indicatif::ProgressStyle::with_template(&template);
    let style = style.unwrap_or_else(|_bad_template| indicatif::ProgressStyle::default_bar());
    indicatif::ProgressBar::new(0).with_style(style).with_message(doing)
}

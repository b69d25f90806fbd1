//! How far an ingest is: a bar on a terminal, a line now and then elsewhere, or nothing.

use std::io::{IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::report::Report;

/// Between two lines where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// Where progress goes.
pub struct Progress {
    way: Way,
    state: Mutex<State>,
}

enum Way {
    Bar(ProgressBar),
    Lines,
    Silent,
}

struct State {
    begun: Instant,
    told: Instant,
    bytes: u64,
    bytes_read: Arc<AtomicU64>,
}

impl Progress {
    fn new(way: Way) -> Self {
        let now = Instant::now();
        Self { way, state: Mutex::new(State { begun: now, told: now, bytes: 0, bytes_read: Arc::default() }) }
    }

    /// A bar if standard error is a terminal, else lines.
    #[must_use]
    pub fn to_stderr() -> Self {
        let terminal = std::io::stderr().is_terminal();
        Self::new(if terminal { Way::Bar(ProgressBar::no_length()) } else { Way::Lines })
    }

    /// Nothing.
    #[must_use]
    pub fn silent() -> Self {
        Self::new(Way::Silent)
    }

    /// Begins: `bytes` of a table (0 if unknown), of which `bytes_read` tells how many were read.
    pub fn begin(&self, bytes: u64, bytes_read: &Arc<AtomicU64>) {
        if let Ok(mut state) = self.state.lock() {
            let now = Instant::now();
            *state = State { begun: now, told: now, bytes, bytes_read: Arc::clone(bytes_read) };
        }
        let Way::Bar(bar) = &self.way else { return };
        let template = if bytes > 0 {
            bar.set_length(bytes);
            "{bar:30} {percent:>3} %  {msg}  {eta} left"
        } else {
            "{spinner} {msg}  {elapsed}"
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
    }

    /// Tells how far it is.
    pub fn moved(&self, report: &Report) {
        let Ok(mut state) = self.state.lock() else { return };
        let read = state.bytes_read.load(Ordering::Relaxed).min(state.bytes);
        let seconds = state.begun.elapsed().as_secs_f64().max(0.001);
        #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
        let rate = report.rows as f64 / seconds;
        let message = format!("{} rows, {rate:.0} a second, {} files", report.rows, report.counts.files);
        match &self.way {
            Way::Bar(bar) => {
                bar.set_message(message);
                bar.set_position(read);
            }
            Way::Lines if state.told.elapsed() >= LINE_EVERY => {
                state.told = Instant::now();
                let percent = (read * 100).checked_div(state.bytes);
                let percent = percent.map_or_else(String::new, |percent| format!(" ({percent} %)"));
                // Whoever does not read standard error does not want to know.
                let _ = writeln!(std::io::stderr(), "{message}{percent}");
            }
            Way::Silent | Way::Lines => {}
        }
    }

    /// Ends.
    pub fn end(&self) {
        if let Way::Bar(bar) = &self.way {
            bar.finish_and_clear();
        }
    }
}

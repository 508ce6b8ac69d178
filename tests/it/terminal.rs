//! The shell at a pseudo-terminal: the real program, keys in, a screen out.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use grantlog_generator::{Shape, write};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// How large a screen is.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    pub(crate) rows: u16,
    pub(crate) columns: u16,
}

const USUAL: Size = Size { rows: 30, columns: 100 };
/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// A program at a terminal.
pub(crate) struct Terminal {
    screen: Arc<Mutex<vt100::Parser>>,
    keys: Box<dyn std::io::Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    _master: Box<dyn MasterPty + Send>,
}

impl Terminal {
    /// Starts the shell; what it keeps, it keeps in `state`.
    fn open(state: &Path, arguments: &[&str]) -> Self {
        Self::open_in(None, state, arguments, USUAL)
    }

    /// The same in a folder, on a screen of this size.
    pub(crate) fn open_in(folder: Option<&Path>, state: &Path, arguments: &[&str], of: Size) -> Self {
        let size = PtySize { rows: of.rows, cols: of.columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("there is a terminal to be had");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_grantlog"));
        command.env_clear();
        for (name, value) in [("TERM", "xterm-256color"), ("NO_COLOR", "1"), ("PAGER", "cat")] {
            command.env(name, value);
        }
        command.env("XDG_STATE_HOME", state);
        command.env("HOME", state);
        command.args(arguments);
        if let Some(folder) = folder {
            command.cwd(folder);
        }
        let child = pair.slave.spawn_command(command).expect("the program starts");
        drop(pair.slave);
        let mut output = pair.master.try_clone_reader().expect("the terminal can be read");
        let keys = pair.master.take_writer().expect("the terminal can be written");
        let screen = Arc::new(Mutex::new(vt100::Parser::new(of.rows, of.columns, 0)));
        let shown = Arc::clone(&screen);
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(read @ 1..) = output.read(&mut bytes) {
                shown.lock().expect("nobody fails while looking").process(&bytes[..read]);
            }
        });
        let mut terminal = Self { screen, keys, child, _master: pair.master };
        terminal.until_prompt();
        terminal
    }

    fn keys(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).and_then(|()| self.keys.flush()).expect("the program listens");
    }

    pub(crate) fn shown(&self) -> String {
        let screen = self.screen.lock().expect("nobody fails while looking").screen().contents();
        screen.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim_end().to_owned()
    }

    /// Waits until the screen shows something.
    fn until(&mut self, wanted: &str) -> String {
        let begun = Instant::now();
        loop {
            let shown = self.shown();
            if shown.contains(wanted) {
                return shown;
            }
            assert!(begun.elapsed() < PATIENCE, "no `{wanted}` on the screen:\n{shown}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// The line that the cursor is in, up to the cursor; what is hinted at stands behind it.
    fn line(&self) -> String {
        let parser = self.screen.lock().expect("nobody fails while looking");
        let (row, column) = parser.screen().cursor_position();
        parser.screen().rows(0, column).nth(usize::from(row)).unwrap_or_default().trim_end().to_owned()
    }

    /// Waits for the next prompt, and until the program listens again: what is typed before that may be lost.
    fn until_prompt(&mut self) {
        self.until_line("grantlog>");
        thread::sleep(Duration::from_millis(200));
    }

    /// Asks, and waits until the screen shows something, and for the next prompt.
    fn ask(&mut self, line: &str, wanted: &str) -> String {
        self.keys(line);
        self.keys("\r");
        let shown = self.until(wanted);
        self.until_prompt();
        shown
    }

    /// Types a line, and waits for the prompt behind its answer.
    pub(crate) fn type_line(&mut self, line: &str) {
        self.keys(line);
        self.until_line(&format!("grantlog> {line}"));
        let asked = self.row();
        self.keys("\r");
        let begun = Instant::now();
        while self.row() == asked {
            assert!(begun.elapsed() < PATIENCE, "`{line}` is not taken:\n{}", self.shown());
            thread::sleep(Duration::from_millis(20));
        }
        self.until_prompt();
    }

    fn row(&self) -> u16 {
        self.screen.lock().expect("nobody fails while looking").screen().cursor_position().0
    }

    /// Waits until the line that the cursor is in ends so.
    fn until_line(&mut self, wanted: &str) {
        let begun = Instant::now();
        while self.line() != wanted {
            assert!(begun.elapsed() < PATIENCE, "the line is `{}`, not `{wanted}`:\n{}", self.line(), self.shown());
            thread::sleep(Duration::from_millis(20));
        }
    }

    pub(crate) fn leave(mut self) {
        self.keys("\u{4}");
        let begun = Instant::now();
        while self.child.try_wait().expect("the program can be asked").is_none() {
            assert!(begun.elapsed() < PATIENCE, "the shell does not end");
            thread::sleep(Duration::from_millis(20));
        }
    }
}

pub(crate) fn state() -> tempfile::TempDir {
    tempfile::tempdir().expect("there is room for a folder")
}

#[test]
fn tab_completes_words_by_their_place() {
    let state = state();
    let mut shell = Terminal::open(state.path(), &[]);
    shell.keys("who can pus\t");
    shell.until_line("grantlog> who can push");
    shell.keys("on storefront/w\t");
    shell.until_line("grantlog> who can push on storefront/web");
    shell.keys("whe\t");
    shell.until_line("grantlog> who can push on storefront/web where");
    shell.keys("verd\t");
    shell.keys("is cond\t");
    shell.until_line("grantlog> who can push on storefront/web where verdict is conditional");
    shell.ask("", "conditional\n");
    // Several that fit are listed.
    shell.keys("list \t\t");
    let shown = shell.until("repositories");
    assert!(shown.contains("accounts") && shown.contains("policies"), "{shown}");
    shell.keys("\u{15}");
    shell.until_line("grantlog>");
    shell.leave();
}

#[test]
fn what_may_follow_is_hinted_at() {
    let state = state();
    let mut shell = Terminal::open(state.path(), &[]);
    shell.keys("who can push on storefront/w");
    shell.until("grantlog> who can push on storefront/web");
    // The right arrow takes a hint over.
    shell.keys("\u{1b}[C");
    shell.until_line("grantlog> who can push on storefront/web");
    shell.ask(" count", "count\n");
    shell.keys("which repositories can ");
    shell.until("grantlog> which repositories can PRINCIPAL");
    // What was asked before comes first.
    shell.keys("\u{15}who can");
    shell.until_line("grantlog> who can");
    shell.until("grantlog> who can push on storefront/web count\n");
    shell.keys("\u{15}");
    shell.leave();
}

#[test]
fn history_lasts_and_is_searched_and_private() {
    let state = state();
    let mut shell = Terminal::open(state.path(), &[]);
    shell.ask("list accounts", "111122223333");
    shell.ask("list gaps", "missing");
    shell.leave();
    let mut shell = Terminal::open(state.path(), &[]);
    shell.keys("\u{1b}[A");
    shell.until_line("grantlog> list gaps");
    shell.keys("\u{1b}[A");
    shell.until_line("grantlog> list accounts");
    shell.keys("\u{15}\u{12}gap");
    shell.until("list gaps");
    shell.keys("\u{7}");
    shell.leave();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let file = state.path().join("grantlog").join("history");
        let mode = std::fs::metadata(file).expect("the history is kept").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn ctrl_c_gives_up_the_line_and_the_question_and_not_the_shell() {
    let state = state();
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let shape = Shape { principals: 5_000, ..Shape::default() };
    write(&shape, folder.path()).expect("the organization is written");
    let mut shell = Terminal::open(state.path(), &["--data", folder.path().to_str().expect("the name is text")]);
    shell.keys("who can nonsense");
    shell.until_line("grantlog> who can nonsense");
    shell.keys("\u{3}");
    shell.until_prompt();
    shell.keys("who can * on *\r");
    thread::sleep(Duration::from_millis(300));
    shell.keys("\u{3}");
    shell.until("interrupted");
    shell.until_prompt();
    shell.ask("list sets", "no sets");
    shell.leave();
}

#[test]
fn open_lines_go_on_in_the_next() {
    let state = state();
    let mut shell = Terminal::open(state.path(), &[]);
    shell.keys("who can push on * where (kind is user\r");
    shell.keys("and verdict is allowed) count\r");
    shell.until("count\n");
    shell.until_prompt();
    shell.keys("list accounts \\\r");
    shell.ask("count", "    4");
    shell.leave();
}

#[test]
fn rows_have_numbers_that_why_understands() {
    let state = state();
    let mut shell = Terminal::open(state.path(), &[]);
    shell.ask("who can push on storefront/web where kind is role limit 3", "#");
    shell.ask("why 1", "yes no Deny statement applies");
    shell.ask("why 99", "there is no row 99");
    shell.leave();
}

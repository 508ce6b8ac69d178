//! The page around the data.

use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::ZlibEncoder;

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");

/// The script, in the order in which its parts need each other.
const SCRIPT: [&str; 21] = [
    include_str!("data.js"),
    include_str!("dom.js"),
    include_str!("state.js"),
    include_str!("theme.js"),
    include_str!("words.js"),
    include_str!("choice.js"),
    include_str!("filters.js"),
    include_str!("grid.js"),
    include_str!("proof.js"),
    include_str!("line.js"),
    include_str!("summary.js"),
    include_str!("markdown.js"),
    include_str!("findings.js"),
    include_str!("queries.js"),
    include_str!("matrix.js"),
    include_str!("graph.js"),
    include_str!("layout.js"),
    include_str!("picture.js"),
    include_str!("view.js"),
    include_str!("keyboard.js"),
    include_str!("print.js"),
];
const START: &str = include_str!("main.js");

/// Writes the page with its data.
///
/// # Errors
/// Those of the writer.
pub(super) fn write(data: &[u8], out: &mut dyn Write) -> io::Result<()> {
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::best());
    packed.write_all(data)?;
    let packed = STANDARD.encode(packed.finish()?);
    let mut rest = PAGE;
    for (mark, parts) in [
        ("/*STYLE*/", &[STYLE][..]),
        ("/*DATA*/", &[packed.as_str()]),
        ("/*SCRIPT*/", &[&SCRIPT[..], &[START]].concat()),
    ] {
        let (before, behind) = rest.split_once(mark).expect("the page has a place for each");
        out.write_all(before.as_bytes())?;
        for part in parts {
            out.write_all(part.as_bytes())?;
        }
        rest = behind;
    }
    out.write_all(rest.as_bytes())
}

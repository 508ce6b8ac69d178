//! Where results go: standard output, or a file that is written whole or not at all.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// A place for results. A file appears under its name with [`Output::finish`]; dropped before, it leaves no trace.
#[derive(Debug)]
pub(crate) enum Output {
    Standard(BufWriter<io::Stdout>),
    File {
        writer: Option<BufWriter<File>>,
        draft: PathBuf,
        path: PathBuf,
    },
    /// A device or a pipe, which cannot be replaced.
    Device(BufWriter<File>),
}

impl Output {
    /// Opens it; no path, or `-`, is standard output.
    pub(crate) fn open(path: Option<&Path>) -> io::Result<Self> {
        let Some(path) = path.filter(|path| path.as_os_str() != "-") else {
            return Ok(Self::Standard(BufWriter::new(io::stdout())));
        };
        if fs::metadata(path).is_ok_and(|known| !known.is_file() && !known.is_dir()) {
            return Ok(Self::Device(BufWriter::new(fs::OpenOptions::new().write(true).open(path)?)));
        }
        let told = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
        let name = path.file_name().ok_or_else(|| told(io::ErrorKind::IsADirectory.into()))?;
        let draft = path.with_file_name(format!(".{}.{}.draft", name.to_string_lossy(), std::process::id()));
        let file = File::options().write(true).create_new(true).open(&draft).map_err(told)?;
        Ok(Self::File { writer: Some(BufWriter::new(file)), draft, path: path.to_owned() })
    }

    /// Writes what is left, and gives a file its name.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        match &mut self {
            Self::Standard(writer) => writer.flush(),
            Self::Device(writer) => writer.flush(),
            Self::File { writer, draft, path } => {
                if let Some(mut writer) = writer.take() {
                    let written = writer.flush().and_then(|()| writer.get_ref().sync_all());
                    if let Err(error) = written.and_then(|()| fs::rename(&draft, &path)) {
                        let _ = fs::remove_file(&draft);
                        return Err(error);
                    }
                }
                Ok(())
            }
        }
    }

    fn writer(&mut self) -> &mut dyn Write {
        match self {
            Self::Standard(writer) => writer,
            Self::Device(writer) | Self::File { writer: Some(writer), .. } => writer,
            Self::File { writer: None, .. } => unreachable!("only `finish`, which takes the output, takes the writer"),
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer().flush()
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if let Self::File { writer: Some(_), draft, .. } = self {
            let _ = fs::remove_file(draft);
        }
    }
}

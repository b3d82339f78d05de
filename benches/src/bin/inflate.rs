//! Reads files and unpacks those that are gzip, with what firstsight unpacks with, and does nothing else: what every reader of
//! them has to pay. `inflate THREADS FOLDER` prints the number of bytes.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use flate2::{Crc, Decompress, FlushDecompress, Status};

/// As in firstsight.
const WINDOW: usize = 128 * 1024;
const CHUNK: usize = 256 * 1024;
/// Its fixed bytes; what is measured has no further ones.
const HEADER: usize = 10;
const TRAILER: usize = 8;

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(threads), Some(folder)) = (arguments.next(), arguments.next()) else {
        return Err(io::Error::other("usage: inflate THREADS FOLDER"));
    };
    let threads: usize = threads.parse().map_err(io::Error::other)?;
    let mut files = Vec::new();
    collect(Path::new(&folder), &mut files)?;
    files.sort_unstable_by_key(|(size, _)| std::cmp::Reverse(*size));
    let (next, bytes) = (AtomicUsize::new(0), AtomicU64::new(0));
    std::thread::scope(|scope| {
        let work = || -> io::Result<()> {
            let mut reader = Reader::new();
            while let Some((_, path)) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                bytes.fetch_add(reader.read(path)?, Ordering::Relaxed);
            }
            Ok(())
        };
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let mut ended = workers.into_iter().map(std::thread::ScopedJoinHandle::join);
        ended.try_for_each(|end| end.map_err(|_| io::Error::other("a thread panicked"))?)
    })?;
    writeln!(io::stdout(), "{}", bytes.into_inner())
}

/// Every file under a folder, with its size.
fn collect(folder: &Path, files: &mut Vec<(u64, PathBuf)>) -> io::Result<()> {
    for entry in folder.read_dir()? {
        let entry = entry?;
        let about = entry.metadata()?;
        if about.is_dir() {
            collect(&entry.path(), files)?;
        } else {
            files.push((about.len(), entry.path()));
        }
    }
    Ok(())
}

/// What a thread keeps from file to file.
struct Reader {
    body: Decompress,
    chunk: Vec<u8>,
    window: Vec<u8>,
}

impl Reader {
    fn new() -> Self {
        Self {
            body: Decompress::new(false),
            chunk: vec![0; CHUNK],
            window: vec![0; WINDOW],
        }
    }

    /// The bytes of a file, unpacked.
    fn read(&mut self, path: &Path) -> io::Result<u64> {
        let mut file = File::open(path)?;
        if path.extension().is_some_and(|extension| extension == "gz") {
            return self.unpack(&mut file);
        }
        let mut bytes = 0;
        loop {
            match file.read(&mut self.chunk)? {
                0 => return Ok(bytes),
                read => bytes += read as u64,
            }
        }
    }

    /// One member without optional fields in its header, as `firstsight sample` writes it.
    fn unpack(&mut self, file: &mut File) -> io::Result<u64> {
        let mut header = [0; HEADER];
        file.read_exact(&mut header)?;
        if header[..4] != [0x1f, 0x8b, 8, 0] {
            return Err(io::Error::other(
                "not gzip, or with optional fields in its header",
            ));
        }
        self.body.reset(false);
        let mut sum = Crc::new();
        loop {
            let filled = file.read(&mut self.chunk)?;
            let mut chunk = &self.chunk[..filled];
            if chunk.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            loop {
                let (read, written) = (self.body.total_in(), self.body.total_out());
                let status = self
                    .body
                    .decompress(chunk, &mut self.window, FlushDecompress::None)?;
                let (read, written) = (self.body.total_in() - read, self.body.total_out() - written);
                sum.update(&self.window[..written as usize]);
                chunk = &chunk[read as usize..];
                if status == Status::StreamEnd {
                    return check(&sum, chunk, file).map(|()| self.body.total_out());
                }
                if chunk.is_empty() && (written as usize) < WINDOW {
                    break;
                }
            }
        }
    }
}

/// The checksum behind the body, whose first bytes may have been read with it.
fn check(sum: &Crc, rest: &[u8], file: &mut File) -> io::Result<()> {
    let mut trailer = rest.to_vec();
    file.read_to_end(&mut trailer)?;
    let told = trailer.first_chunk::<4>().filter(|_| trailer.len() == TRAILER);
    if told.map(|told| u32::from_le_bytes(*told)) == Some(sum.sum()) {
        Ok(())
    } else {
        Err(io::Error::other("the checksum does not match"))
    }
}

//! An HTTP server on loopback that keeps what it is sent, byte for byte, and answers as it is told. It knows no protocol but
//! HTTP/1.1: what a request means is for the test to say.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A request as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// The method.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// The headers as they came, in order.
    pub headers: Vec<(String, String)>,
    /// The body as it came.
    pub body: Vec<u8>,
}

impl Recorded {
    /// The first header of this name, in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let named = |(key, _): &&(String, String)| key.eq_ignore_ascii_case(name);
        self.headers.iter().find(named).map(|(_, value)| value.as_str())
    }

    /// The body as text; what is not UTF-8 is replaced.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// What is done with a request.
#[derive(Clone, Debug)]
pub enum Reply {
    /// It is answered.
    Answer {
        /// The status.
        status: u16,
        /// Headers besides `Content-Length`.
        headers: Vec<(String, String)>,
        /// The body.
        body: Vec<u8>,
    },
    /// It is never answered: until the other side goes away.
    Hang,
    /// The connection is reset.
    Reset,
    /// The answer's head and half of its body come, then the connection is closed.
    CutAnswer,
}

impl Reply {
    /// An answer of JSON.
    #[must_use]
    pub fn json(status: u16, body: &str) -> Self {
        Self::Answer {
            status,
            headers: vec![("Content-Type".to_owned(), "application/json".to_owned())],
            body: body.as_bytes().to_vec(),
        }
    }

    /// An empty answer.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self::Answer {
            status,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// With a header, where it is an answer.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        if let Self::Answer { headers, .. } = &mut self {
            headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }
}

/// What decides over replies: the request, and how many came before it.
pub type Script = dyn Fn(&Recorded, usize) -> Reply + Send + Sync;

/// The server. It ends when it is dropped.
#[derive(Debug)]
pub struct HttpRecorder {
    address: SocketAddr,
    kept: Arc<Mutex<Vec<Recorded>>>,
    count: watch::Receiver<usize>,
    serving: tokio::task::JoinHandle<()>,
}

impl Drop for HttpRecorder {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl HttpRecorder {
    /// Starts on a free port of loopback.
    ///
    /// # Errors
    /// When there is no port.
    pub async fn start(
        script: impl Fn(&Recorded, usize) -> Reply + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let kept = Arc::default();
        let (counting, count) = watch::channel(0);
        let shared = Arc::new(Shared {
            kept: Arc::clone(&kept),
            counting,
            script: Box::new(script),
        });
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        Ok(Self {
            address,
            kept,
            count,
            serving,
        })
    }

    /// Its address, as `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What came so far.
    #[must_use]
    pub fn requests(&self) -> Vec<Recorded> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until so many requests have come whole.
    pub async fn wait_for(&self, requests: usize) {
        // The sender lives as long as the server does.
        let _ = self.count.clone().wait_for(|count| *count >= requests).await;
    }
}

struct Shared {
    kept: Arc<Mutex<Vec<Recorded>>>,
    counting: watch::Sender<usize>,
    script: Box<Script>,
}

impl Shared {
    fn take(&self, request: Recorded) -> Reply {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let reply = (self.script)(&request, kept.len());
        kept.push(request);
        self.counting.send_replace(kept.len());
        reply
    }
}

/// Serves one connection, request by request.
async fn serve(mut stream: TcpStream, shared: Arc<Shared>) {
    let mut buffer = BytesMut::new();
    while let Ok(Some(request)) = read(&mut stream, &mut buffer).await {
        let reply = shared.take(request);
        if !matches!(answer(&mut stream, reply).await, Ok(true)) {
            return;
        }
    }
}

/// Whether the connection goes on.
async fn answer(stream: &mut TcpStream, reply: Reply) -> io::Result<bool> {
    match reply {
        Reply::Answer {
            status,
            headers,
            body,
        } => {
            stream
                .write_all(head(status, &headers, body.len()).as_bytes())
                .await?;
            stream.write_all(&body).await?;
            Ok(true)
        }
        Reply::Hang => {
            // Nothing more comes from a client that waits: this ends when it goes away.
            let _ = stream.read_u8().await;
            Ok(false)
        }
        Reply::Reset => {
            // With a linger time of zero, closing sends a reset.
            stream.set_zero_linger()?;
            Ok(false)
        }
        Reply::CutAnswer => {
            let cut = format!("{}{{\"half", head(200, &[], 100));
            stream.write_all(cut.as_bytes()).await?;
            stream.shutdown().await?;
            Ok(false)
        }
    }
}

fn head(status: u16, headers: &[(String, String)], length: usize) -> String {
    let mut head = format!("HTTP/1.1 {status} Recorded\r\nContent-Length: {length}\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    head
}

/// The next request; `None` when the other side has closed.
async fn read(stream: &mut TcpStream, buffer: &mut BytesMut) -> io::Result<Option<Recorded>> {
    loop {
        if let Some(request) = whole(buffer)? {
            return Ok(Some(request));
        }
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    }
}

/// Takes a request out of the buffer once it is whole. Bodies have a `Content-Length`; no client of ours sends others.
fn whole(buffer: &mut BytesMut) -> io::Result<Option<Recorded>> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut request = httparse::Request::new(&mut headers);
    let parsed = request.parse(buffer).map_err(io::Error::other)?;
    let httparse::Status::Complete(head) = parsed else {
        return Ok(None);
    };
    let headers: Vec<(String, String)> = request
        .headers
        .iter()
        .map(|header| {
            (
                header.name.to_owned(),
                String::from_utf8_lossy(header.value).into_owned(),
            )
        })
        .collect();
    let mut recorded = Recorded {
        method: request.method.unwrap_or_default().to_owned(),
        target: request.path.unwrap_or_default().to_owned(),
        headers,
        body: Vec::new(),
    };
    let length = recorded
        .header("content-length")
        .map_or(Ok(0), str::parse)
        .map_err(io::Error::other)?;
    if buffer.len() < head + length {
        return Ok(None);
    }
    let taken = buffer.split_to(head + length);
    recorded.body = taken[head..].to_vec();
    Ok(Some(recorded))
}

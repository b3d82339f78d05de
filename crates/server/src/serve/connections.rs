//! Connections: as many as are allowed, none for ever.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tower::ServiceExt as _;

use super::Limits;
use crate::auth::Peer;

/// How long what is being answered may go on once its connection is to end.
const GRACE: Duration = Duration::from_secs(5);
/// How long one connection may live: a client that reads byte by byte holds a place not much longer.
const LIFE: Duration = Duration::from_secs(600);
/// How long to wait when no connection can be accepted: most likely files have run out, and come back as others end.
const PAUSE: Duration = Duration::from_millis(100);
/// The most bytes of a request's head.
const HEAD: usize = 32 << 10;

/// Accepts until `stop` is ready, then waits for what is being answered.
pub(super) async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    stop: impl Future<Output = ()> + Send,
) {
    let places = Arc::new(Semaphore::new(limits.connections));
    // Connections are told to end by its being dropped.
    let (serving, served) = watch::channel(());
    let accepting = accept(&listener, &places, |stream, peer, place| {
        let connection = connection(stream, peer, router.clone(), limits, served.clone());
        tokio::spawn(async move {
            connection.await;
            drop(place);
        });
    });
    tokio::select! {
        () = accepting => {}
        () = stop => {}
    }
    drop((listener, serving));
    // Every place is free again once every connection has ended, which each does within its time of grace.
    let all = u32::try_from(limits.connections).unwrap_or(u32::MAX);
    let _ = places.acquire_many(all).await;
}

/// Hands on each connection with its place; waits while none is free.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
    mut each: impl FnMut(TcpStream, Peer, OwnedSemaphorePermit),
) {
    // Nobody closes the semaphore.
    while let Ok(place) = Arc::clone(places).acquire_owned().await {
        match listener.accept().await {
            Ok((stream, peer)) => each(stream, Peer(peer.ip()), place),
            Err(error) if is_theirs(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "no connection can be accepted");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// Whether a connection ended before it was accepted.
fn is_theirs(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    )
}

async fn connection(
    stream: TcpStream,
    peer: Peer,
    router: Router,
    limits: Limits,
    mut served: watch::Receiver<()>,
) {
    let service = router.map_request(move |request: http::Request<hyper::body::Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(peer);
        request
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.headers)
        .max_buf_size(HEAD)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        ended = connection.as_mut() => return note(ended),
        _ = served.changed() => {}
        () = tokio::time::sleep(LIFE) => {}
    }
    connection.as_mut().graceful_shutdown();
    match tokio::time::timeout(GRACE, connection).await {
        Ok(ended) => note(ended),
        Err(_) => tracing::debug!(
            "a connection was cut: it took longer than {} s to end",
            GRACE.as_secs()
        ),
    }
}

/// A client that went away, sent no HTTP or was too slow: its matter.
fn note(ended: hyper::Result<()>) {
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

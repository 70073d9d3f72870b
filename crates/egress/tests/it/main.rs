//! Connections as a provider sees them: kept, replaced, closed and given up.
#![expect(clippy::unwrap_used, reason = "tests")]

use base::clock::SystemClock;
use bytes::Bytes;
use egress::{Client, Options, Outgoing, Register, SendError};
use http::Request;
use http_body_util::BodyExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

const SOON: Duration = Duration::from_secs(5);
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// A provider made of bytes: counts connections and gives each to `serve`.
async fn provider<F, R>(serve: F) -> (u16, Arc<AtomicUsize>)
where
    F: Fn(TcpStream) -> R + Send + 'static,
    R: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(serve(stream));
        }
    });
    (port, connections)
}

fn client(port: u16, first_byte: Duration) -> Arc<Client> {
    let mut register = Register::default();
    register.allow("127.0.0.1", "test", None);
    let endpoint = register.endpoint(&format!("http://127.0.0.1:{port}/v1")).unwrap();
    let options = Options {
        connect: SOON,
        first_byte,
        keep_idle: SOON,
        idle_connections: 8,
    };
    Client::new(endpoint, options, Arc::new(SystemClock::new()))
}

fn request(body: &'static str) -> Request<Outgoing> {
    Request::post("/v1/x")
        .header("host", "x")
        .body(Outgoing::from(Bytes::from_static(body.as_bytes())))
        .unwrap()
}

async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut text = String::new();
    let mut buffer = [0; 1024];
    loop {
        let count = stream.read(&mut buffer).await.ok().filter(|count| *count > 0)?;
        text.push_str(std::str::from_utf8(&buffer[..count]).unwrap());
        if text.contains("\r\n\r\n") && text.ends_with("end") {
            return Some(text);
        }
    }
}

async fn answer_all(mut stream: TcpStream) {
    while read_request(&mut stream).await.is_some() {
        stream.write_all(ANSWER).await.unwrap();
    }
}

async fn exchange(client: &Arc<Client>) -> Bytes {
    let answer = client.send(request("the end")).await.unwrap();
    answer.into_body().collect().await.unwrap().to_bytes()
}

#[tokio::test]
async fn a_connection_whose_answer_was_read_is_used_again() {
    let (port, connections) = provider(answer_all).await;
    let client = client(port, SOON);
    for _ in 0..5 {
        assert_eq!(exchange(&client).await, "ok");
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_kept_connection_that_the_provider_closed_is_replaced_unnoticed() {
    let (port, connections) = provider(|mut stream: TcpStream| async move {
        read_request(&mut stream).await.unwrap();
        stream.write_all(ANSWER).await.unwrap();
    })
    .await;
    let client = client(port, SOON);
    for _ in 0..5 {
        assert_eq!(exchange(&client).await, "ok");
    }
    assert_eq!(connections.load(Ordering::SeqCst), 5);
}

#[tokio::test]
async fn dropping_an_answer_before_its_end_closes_the_connection_at_once() {
    let (closed, mut seen) = tokio::sync::mpsc::channel(1);
    let (port, _) = provider(move |mut stream: TcpStream| {
        let closed = closed.clone();
        async move {
            read_request(&mut stream).await.unwrap();
            stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nbegin")
                .await
                .unwrap();
            assert_eq!(
                stream.read(&mut [0; 1]).await.unwrap_or(0),
                0,
                "the end of the connection"
            );
            closed.send(()).await.unwrap();
        }
    })
    .await;
    let mut answer = client(port, SOON).send(request("the end")).await.unwrap();
    let first = answer.body_mut().frame().await.unwrap().unwrap().into_data().unwrap();
    assert_eq!(first, "begin");
    drop(answer);
    timeout(Duration::from_secs(1), seen.recv()).await.unwrap().unwrap();
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_an_error_and_not_an_end() {
    let (port, _) = provider(|mut stream: TcpStream| async move {
        read_request(&mut stream).await.unwrap();
        stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nbegin")
            .await
            .unwrap();
    })
    .await;
    let answer = client(port, SOON).send(request("the end")).await.unwrap();
    assert!(answer.into_body().collect().await.is_err());
}

#[tokio::test]
async fn a_silent_provider_is_given_up_and_a_missing_one_is_named() {
    let (port, _) = provider(|mut stream: TcpStream| async move {
        read_request(&mut stream).await.unwrap();
        let _silence = stream.read(&mut [0; 1]).await;
    })
    .await;
    let silent = client(port, Duration::from_millis(50)).send(request("the end")).await;
    assert!(matches!(silent, Err(SendError::FirstByteTimeout)));
    let nobody = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let refused = client(nobody, SOON).send(request("the end")).await;
    assert!(matches!(refused, Err(SendError::Connect(_))));
}

#[tokio::test]
async fn a_body_of_several_slices_goes_out_as_one_with_its_length() {
    let (told, mut heard) = tokio::sync::mpsc::channel(1);
    let (port, _) = provider(move |mut stream: TcpStream| {
        let told = told.clone();
        async move {
            told.send(read_request(&mut stream).await.unwrap()).await.unwrap();
            stream.write_all(ANSWER).await.unwrap();
        }
    })
    .await;
    let body = Outgoing::from(vec![
        Bytes::from_static(b"a "),
        Bytes::from_static(b"b "),
        Bytes::from_static(b"end"),
    ]);
    let request = Request::post("/v1/x").header("host", "x").body(body).unwrap();
    client(port, SOON).send(request).await.unwrap();
    let heard = timeout(SOON, heard.recv()).await.unwrap().unwrap();
    assert!(
        heard.contains("content-length: 7\r\n") && heard.ends_with("a b end"),
        "{heard}"
    );
}

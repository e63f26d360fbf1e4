//! The releases' page over HTTPS, as people behind a company's proxy reach it: the proxy opens each connection with a
//! certificate of its own making, which they trust by `CLAUDOMETER_CA_FILE`.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use std::sync::{Arc, Mutex};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{TlsAcceptor, rustls};

/// How an answer ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// As it should.
    Whole,
    /// In its middle, where it is not asked for the rest of something.
    Cut,
    /// Never: it stays in its middle.
    Stuck,
}

/// What is served, by the end of its path.
#[derive(Debug, Default)]
struct Served {
    files: Vec<(String, Vec<u8>, End)>,
    /// From which byte on the last file was asked for.
    ranges: Vec<u64>,
    /// Hosts that were asked for.
    hosts: Vec<String>,
}

#[derive(Clone)]
pub(crate) struct Server {
    served: Arc<Mutex<Served>>,
    /// Its address, as a proxy.
    pub(crate) proxy: String,
    /// What is to be trusted.
    pub(crate) authority: String,
}

impl Server {
    pub(crate) async fn start() -> Self {
        rustls::crypto::ring::default_provider().install_default().ok(); // already installed is as good
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let leaf = CertificateParams::new(["github.com".to_owned()]).unwrap();
        let leaf = leaf.signed_by(&key, &authority).unwrap();
        let secret = rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = rustls::ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![leaf.der().clone()], secret)
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            served: Arc::default(),
            proxy: format!("http://{}", listener.local_addr().unwrap()),
            authority: authority.pem(),
        };
        let (acceptor, serving) = (TlsAcceptor::from(Arc::new(config)), server.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, serving) = (acceptor.clone(), serving.clone());
                tokio::spawn(async move { serving.converse(stream, acceptor).await });
            }
        });
        server
    }

    /// Serves these bytes where a path ends so.
    pub(crate) fn serve(&self, path: &str, bytes: Vec<u8>, end: End) {
        let mut served = self.served.lock().unwrap();
        served.files.retain(|(known, ..)| known != path);
        served.files.push((path.to_owned(), bytes, end));
    }

    pub(crate) fn ranges(&self) -> Vec<u64> {
        self.served.lock().unwrap().ranges.clone()
    }

    pub(crate) fn hosts(&self) -> Vec<String> {
        self.served.lock().unwrap().hosts.clone()
    }

    async fn converse(&self, stream: TcpStream, acceptor: TlsAcceptor) -> Option<()> {
        let mut stream = BufReader::new(stream);
        let head = head(&mut stream).await?;
        let host = head.strip_prefix("CONNECT ")?.split(':').next()?.to_owned();
        self.served.lock().unwrap().hosts.push(host.clone());
        if host != "github.com" {
            stream.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n").await.ok()?;
            return None;
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.ok()?;
        // Who does not trust the certificate ends here.
        let mut stream = BufReader::new(acceptor.accept(stream).await.ok()?);
        let head = self::head(&mut stream).await?;
        self.answer(&mut stream, &head).await
    }

    async fn answer(&self, stream: &mut (impl AsyncWrite + Unpin), head: &str) -> Option<()> {
        let path = head.split(' ').nth(1)?;
        let range = head.to_lowercase().split("range: bytes=").nth(1).map(str::to_owned);
        let from: usize = range.and_then(|rest| rest.split('-').next()?.parse().ok()).unwrap_or(0);
        let found = {
            let mut served = self.served.lock().unwrap();
            served.ranges.push(from as u64);
            served.files.iter().find(|(end, ..)| path.ends_with(end)).cloned()
        };
        let Some((_, bytes, end)) = found else {
            return write(stream, "404 Not Found", b"", 0).await;
        };
        let rest = &bytes[from.min(bytes.len())..];
        let status = if from > 0 { "206 Partial Content" } else { "200 OK" };
        let sent = match end {
            End::Cut | End::Stuck if from == 0 => &rest[..rest.len() / 2],
            End::Whole | End::Cut | End::Stuck => rest,
        };
        write(stream, status, sent, rest.len()).await?;
        if end == End::Stuck && from == 0 {
            std::future::pending::<()>().await;
        }
        stream.shutdown().await.ok()
    }
}

async fn write(
    stream: &mut (impl AsyncWrite + Unpin),
    status: &str,
    sent: &[u8],
    length: usize,
) -> Option<()> {
    let head =
        format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await.ok()?;
    stream.write_all(sent).await.ok()?;
    stream.flush().await.ok()
}

/// A request up to its empty line.
async fn head(stream: &mut BufReader<impl AsyncRead + Unpin>) -> Option<String> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).await.ok()? == 0 {
            return None;
        }
    }
    Some(head)
}

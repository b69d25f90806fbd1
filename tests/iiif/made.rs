//! Images and objects made for these tests.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ::image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use fonds::config::Limits;
use fonds::derivatives::{Found, Pack, Packs};
use fonds::iiif::error::Error;
use fonds::iiif::http::{Asked, Keeping};
use fonds::iiif::image::engine::Engine;
use fonds::iiif::image::request::{Request, Version};
use fonds::iiif::image::{self, Shown};
use fonds::storage::StorageError;
use fonds_schemas::*;

/// The object that all files of these tests are on.
pub fn an_object_id() -> ObjectId {
    ObjectId::derived("test", "1")
}

/// A stored master with these bytes.
pub fn a_file(bytes: &[u8], media_type: &str, name: &str, sides: Option<(u32, u32)>) -> StoredFile {
    let sha256 = Sha256::of(bytes);
    StoredFile {
        bytes: bytes.len() as u64,
        duration_ms: None,
        file: FileId::derived(an_object_id(), &sha256),
        height: sides.map(|(_, height)| height),
        media_type: media_type.to_owned(),
        name: name.to_owned(),
        order: 0,
        pages: vec![],
        path: format!("test/{name}"),
        role: FileRole::Master,
        sha256,
        sha512: Sha512::of(bytes),
        width: sides.map(|(width, _)| width),
    }
}

/// The colour of a square of [`squares`].
pub fn square_colour(column: u32, row: u32) -> [u8; 3] {
    let part = |n: u32| u8::try_from(n % 256).unwrap();
    [part(column * 25 + 3), part(row * 25 + 7), part((column * 7 + row * 13) * 11)]
}

/// 1000 × 1000 pixels: ten by ten squares, no two of one colour.
pub fn squares() -> RgbImage {
    RgbImage::from_fn(1000, 1000, |x, y| Rgb(square_colour(x / 100, y / 100)))
}

/// [`squares`] as a PNG, made once.
pub fn squares_png() -> Vec<u8> {
    static PNG: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
    PNG.get_or_init(|| encode(&DynamicImage::ImageRgb8(squares()), ImageFormat::Png)).clone()
}

/// An image in a format that loses nothing (JPEG excepted).
pub fn encode(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A server of one file, which counts how often its bytes are fetched.
pub struct Server {
    pub engine: Arc<Engine>,
    pub file: StoredFile,
    pub page: u32,
    pub bytes: Bytes,
    pub fetched: Arc<AtomicUsize>,
    pub keeping: Keeping,
    pub limits: Limits,
    pub bytes_never_come: bool,
    pub version: Version,
    pub pack: Option<Arc<Pack>>,
}

impl Server {
    pub fn new(bytes: Vec<u8>, media_type: &str, sides: (u32, u32)) -> Self {
        let file = a_file(&bytes, media_type, "image", Some(sides));
        let (engine, fetched) = (Arc::new(Engine::new()), Arc::new(AtomicUsize::new(0)));
        let (keeping, limits) = (Keeping::Everybody(86_400), Limits::default());
        let (version, pack, page) = (Version::Three, None, 1);
        let (bytes, bytes_never_come) = (bytes.into(), false);
        Self { engine, file, page, bytes, fetched, keeping, limits, bytes_never_come, version, pack }
    }

    pub fn of(image: &DynamicImage, format: ImageFormat) -> Self {
        Self::new(encode(image, format), format.to_mime_type(), (image.width(), image.height()))
    }

    /// The server of [`squares`].
    pub fn of_squares() -> Self {
        Self::new(squares_png(), "image/png", (1000, 1000))
    }

    /// The same, with its tiles made.
    pub fn packed(mut self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let master = folder.path().join("master");
        std::fs::write(&master, &self.bytes).unwrap();
        let packs = Packs::open(folder.path()).unwrap();
        let bytes = Arc::new(std::fs::File::open(master).unwrap());
        let made = packs.make(self.file.page(self.page).unwrap(), bytes, &|| true).unwrap();
        // An open pack needs no name any more.
        self.pack = match made {
            Some(Found::Pack(pack)) => Some(pack),
            Some(Found::Failed(_) | Found::Nothing) | None => None,
        };
        assert!(self.pack.is_some());
        self
    }

    pub async fn ask(&self, method: Method, path: &str, headers: &[(HeaderName, &str)]) -> Response {
        let headers: HeaderMap =
            headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap())).collect();
        let asked = Asked { method, headers };
        let service = "https://archive.example.org/iiif/image/3/x";
        let shown = Shown {
            version: self.version,
            service,
            page: self.file.page(self.page).unwrap(),
            pack: self.pack.as_ref(),
            keeping: self.keeping,
            limits: &self.limits,
        };
        let parts: Vec<&str> = path.split('/').collect();
        let answer: Result<Response, Error> = async {
            let request = Request::parse(self.version, parts[0], parts[1], parts[2], parts[3])?;
            image::show(&self.engine, &asked, &shown, &request, self.load()).await
        }
        .await;
        answer.into_response()
    }

    pub async fn get(&self, path: &str) -> Response {
        self.ask(Method::GET, path, &[]).await
    }

    /// The decoded pixels of an answer.
    pub async fn pixels(&self, path: &str) -> DynamicImage {
        let response = self.get(path).await;
        let status = response.status();
        let bytes = body(response).await;
        assert_eq!(status, 200, "{path}: {}", String::from_utf8_lossy(&bytes));
        ::image::load_from_memory(&bytes).unwrap()
    }

    fn load(&self) -> impl Future<Output = Result<Bytes, StorageError>> + Send + 'static {
        let (fetched, bytes, never) = (Arc::clone(&self.fetched), self.bytes.clone(), self.bytes_never_come);
        async move {
            fetched.fetch_add(1, Ordering::SeqCst);
            if never {
                std::future::pending::<()>().await;
            }
            Ok(bytes)
        }
    }

    pub fn times_fetched(&self) -> usize {
        self.fetched.load(Ordering::SeqCst)
    }
}

/// The whole body.
pub async fn body(response: Response) -> Bytes {
    axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap()
}

/// A header as text; empty if it is missing.
pub fn header(response: &Response, name: &str) -> String {
    response.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
}

/// An object with these statements and files: `(property, language, text)`.
pub fn an_object(statements: &[(&str, &str, &str)], files: Vec<StoredFile>) -> Object {
    let event: EventId = "01930000-0000-7000-8000-000000000001".parse().unwrap();
    let asserted = (0u32..).zip(statements).map(|(place, (property, language, text))| {
        let mut statement = Statement::new(Property::parse(property).unwrap(), *text);
        statement.language = (!language.is_empty()).then(|| Language::parse(language).unwrap());
        Asserted { id: StatementId { event, place }, seq: 1, statement }
    });
    Object {
        id: an_object_id(),
        level: Level::Item,
        source: None,
        standing: Standing { access: Access::Public, ever_public: false },
        statements: asserted.collect(),
        relations: vec![],
        // In the order given, whatever their own places.
        files: (1u32..).zip(files).map(|(order, file)| StoredFile { order, ..file }).collect(),
        arrangement: Arrangement::default(),
        version: 1,
        seq: 1,
        created_at: Timestamp::from_micros(0),
        modified_at: Timestamp::from_micros(0),
    }
}

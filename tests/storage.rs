//! The bytes: a root that an independent validator accepts, whatever went wrong while it was written.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use fonds::config::{S3Settings, Secret, Settings};
use fonds::storage::{Incoming, Storage, StorageError, VersionNote};
use fonds_schemas::{AgentId, ObjectId, Sha256, Sha512, Timestamp};
use futures::stream::BoxStream;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMultipartOptions,
    PutOptions, PutPayload, PutResult,
};

const LIMIT: u64 = 64 << 20;

fn settings(folder: &Path) -> Settings {
    Settings { data: folder.to_owned(), ..Settings::default() }
}

fn note() -> VersionNote {
    VersionNote {
        agent: AgentId::derived("software", "test"),
        message: "taken in".to_owned(),
        created: Timestamp::parse("2026-11-21T10:00:00Z").unwrap(),
    }
}

fn object(name: &str) -> ObjectId {
    ObjectId::derived("test", name)
}

async fn incoming(storage: &Storage, name: &str, bytes: &[u8]) -> Incoming {
    let chunks = bytes.chunks(1 << 20).map(|chunk| Ok(bytes::Bytes::copy_from_slice(chunk))).collect::<Vec<_>>();
    let staged = storage.stage_stream(futures::stream::iter(chunks), LIMIT).await.unwrap();
    Incoming { staged, name: name.to_owned() }
}

async fn put(storage: &Storage, object: ObjectId, files: &[(&str, &[u8])]) -> Result<Vec<String>, StorageError> {
    let mut all = Vec::new();
    for (name, bytes) in files {
        all.push(incoming(storage, name, bytes).await);
    }
    let paths = storage.store(object, all, &note()).await?;
    for (path, (_, bytes)) in paths.iter().zip(files) {
        assert_eq!(storage.get(path).await.unwrap(), *bytes);
    }
    Ok(paths)
}

#[expect(clippy::disallowed_methods, reason = "where Python is, is no setting of fonds")]
fn python() -> String {
    std::env::var("FONDS_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned())
}

fn has_module(module: &str) -> bool {
    let found = Command::new(python()).args(["-c", &format!("import {module}")]).output();
    let found = found.is_ok_and(|output| output.status.success());
    if !found {
        eprintln!("SKIPPED: {} has no module {module}; set FONDS_TEST_PYTHON to one that has", python());
    }
    found
}

/// The judge is ocfl-py, which knows nothing of fonds. Warnings fail too.
fn check_valid(root: &Path) {
    if !has_module("ocfl") {
        return;
    }
    // Its script calls the same, but takes a root for valid whose objects are not, so the objects are counted here.
    let judge = "import sys, ocfl\n\
                 store = ocfl.StorageRoot(root=sys.argv[1])\n\
                 valid = store.validate(log_warnings=True, log_errors=True, check_digests=True)\n\
                 print(store.log.status_str(), store.num_objects, store.good_objects, store.errors)\n\
                 sys.exit(0 if valid and store.num_objects == store.good_objects and not store.errors else 1)";
    let output = Command::new(python()).args(["-c", judge]).arg(root).output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && !said.contains("[E") && !said.contains("[W"), "{}: {said}", output.status);
}

#[tokio::test]
async fn a_root_with_versions_scripts_and_doubles_is_valid() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(&settings(folder.path())).await.unwrap();
    let jar = object("jar");
    let first = put(&storage, jar, &[("../달항아리.jpg", b"one"), ("a/x.tif", b"two"), ("b/X.tif", b"three")]).await;
    assert_eq!(first.unwrap().len(), 3);
    let second = put(&storage, jar, &[("again.jpg", b"one"), ("𛅰 🙂\n.png", b"four"), ("same.png", b"four")]).await;
    let second = second.unwrap();
    assert!(second[0].ends_with("v1/content/달항아리.jpg") && second[1].ends_with("v2/content/𛅰 🙂.png"));
    assert_eq!(second[1], second[2]);
    let again = put(&storage, jar, &[("other.jpg", b"two")]).await.unwrap();
    assert!(again[0].ends_with("v1/content/x.tif"));
    put(&storage, object("empty"), &[("nothing", b"")]).await.unwrap();
    put(&storage, object("large"), &[("large.bin", &vec![7; 20 << 20])]).await.unwrap();
    assert_eq!(std::fs::read_dir(folder.path().join("staging")).unwrap().count(), 0);
    // Opening it again finds it as it is.
    Storage::open(&settings(folder.path())).await.unwrap().ping().await.unwrap();
    check_valid(&folder.path().join("ocfl"));
}

#[tokio::test]
async fn bytes_are_read_whole_in_part_and_again() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(&settings(folder.path())).await.unwrap();
    let path = put(&storage, object("text"), &[("a.txt", b"0123456789")]).await.unwrap().remove(0);
    assert_eq!(storage.get_range(&path, 2..5).await.unwrap(), &b"234"[..]);
    let parts: Vec<_> =
        futures::TryStreamExt::try_collect(storage.stream(&path, Some(8..10)).await.unwrap()).await.unwrap();
    assert_eq!(parts.concat(), b"89");
    let digest = storage.digest(&path).await.unwrap();
    assert_eq!(digest, (10, Sha256::of(b"0123456789"), Sha512::of(b"0123456789")));
    assert!(storage.get("no/such/thing").await.unwrap_err().is_not_found());
    assert!(matches!(storage.get("../../etc/passwd").await, Err(StorageError::BadPath { .. })));
}

#[tokio::test]
async fn what_is_no_plain_file_is_refused_by_kind() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(&settings(folder.path())).await.unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, b"abcd").unwrap();
    std::os::unix::fs::symlink(&file, folder.path().join("link")).unwrap();
    assert!(Command::new("mkfifo").arg(folder.path().join("pipe")).status().unwrap().success());
    for (name, wanted) in [("link", "a symbolic link"), ("staging", "a folder"), ("pipe", "a named pipe")] {
        match storage.stage_file(&folder.path().join(name), LIMIT).await {
            Err(StorageError::NotAFile { what, .. }) => assert_eq!(what, wanted),
            other => panic!("{name}: {other:?}"),
        }
    }
    assert!(matches!(storage.stage_file(&file, 3).await, Err(StorageError::TooLarge { .. })));
    let upload = futures::stream::iter([Ok(bytes::Bytes::from_static(b"abcd"))]);
    assert!(matches!(storage.stage_stream(upload, 3).await, Err(StorageError::TooLarge { .. })));
    let staged = storage.stage_file(&file, 4).await.unwrap();
    assert_eq!((staged.bytes, staged.sha256), (4, Sha256::of(b"abcd")));
    let path = staged.path.clone();
    drop(staged);
    assert!(!path.exists());
}

#[tokio::test]
async fn a_folder_that_is_something_else_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("ocfl")).unwrap();
    std::fs::write(folder.path().join("ocfl/letter.txt"), "dear").unwrap();
    let refused = Storage::open(&settings(folder.path())).await.err().unwrap();
    assert!(refused.to_string().contains("letter.txt"), "{refused}");
}

#[tokio::test]
async fn two_writers_of_one_object_take_turns() {
    let folder = tempfile::tempdir().unwrap();
    let storages = [0, 1].map(|_| settings(folder.path()));
    let (one, two) = (Storage::open(&storages[0]).await.unwrap(), Storage::open(&storages[1]).await.unwrap());
    let names: Vec<String> = (0..8).map(|number| format!("{number}.txt")).collect();
    let writes = names.iter().enumerate().map(|(number, name)| {
        let storage = if number % 2 == 0 { &one } else { &two };
        async move { put(storage, object("shared"), &[(name.as_str(), name.as_bytes())]).await }
    });
    for paths in futures::future::join_all(writes).await {
        assert_eq!(paths.unwrap().len(), 1);
    }
    check_valid(&folder.path().join("ocfl"));
}

#[tokio::test]
async fn an_inventory_that_rotted_is_not_built_upon() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(&settings(folder.path())).await.unwrap();
    let path = put(&storage, object("rot"), &[("a", b"a")]).await.unwrap().remove(0);
    let place = folder.path().join("ocfl").join(path.split_once("/v1/").unwrap().0);
    let text = std::fs::read_to_string(place.join("inventory.json")).unwrap();
    std::fs::write(place.join("inventory.json"), text.replace("taken in", "taken on")).unwrap();
    let refused = put(&storage, object("rot"), &[("b", b"b")]).await;
    assert!(matches!(refused, Err(StorageError::BadInventory { .. })));
}

/// A store that stops working at its nth write, before or after doing it, and for ever after.
#[derive(Debug)]
struct Failing {
    inner: LocalFileSystem,
    writes: AtomicUsize,
    stop_at: usize,
    does_it: bool,
}

impl fmt::Display for Failing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.inner, f)
    }
}

fn stopped() -> object_store::Error {
    object_store::Error::Generic { store: "failing", source: "stopped".into() }
}

#[async_trait::async_trait]
impl ObjectStore for Failing {
    async fn put_opts(&self, key: &Key, payload: PutPayload, options: PutOptions) -> object_store::Result<PutResult> {
        let write = self.writes.fetch_add(1, Ordering::SeqCst) + 1;
        if write < self.stop_at {
            return self.inner.put_opts(key, payload, options).await;
        }
        if write == self.stop_at && self.does_it {
            self.inner.put_opts(key, payload, options).await?;
        } else if write == self.stop_at
            && let Ok(path) = self.inner.path_to_filesystem(key)
            && path.parent().is_some_and(Path::is_dir)
        {
            // What a kill in the middle of a write leaves.
            std::fs::write(format!("{}#1", path.display()), b"half").unwrap();
        }
        Err(stopped())
    }
    async fn put_multipart_opts(
        &self,
        key: &Key,
        options: PutMultipartOptions,
    ) -> object_store::Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(key, options).await
    }
    async fn get_opts(&self, key: &Key, options: GetOptions) -> object_store::Result<GetResult> {
        self.inner.get_opts(key, options).await
    }
    fn delete_stream(
        &self,
        keys: BoxStream<'static, object_store::Result<Key>>,
    ) -> BoxStream<'static, object_store::Result<Key>> {
        self.inner.delete_stream(keys)
    }
    fn list(&self, prefix: Option<&Key>) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
        self.inner.list(prefix)
    }
    async fn list_with_delimiter(&self, prefix: Option<&Key>) -> object_store::Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }
    async fn copy_opts(&self, from: &Key, to: &Key, options: CopyOptions) -> object_store::Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}

async fn over_failing(folder: &Path, stop_at: usize, does_it: bool) -> (Storage, Arc<Failing>) {
    let root = folder.join("ocfl");
    let inner = LocalFileSystem::new_with_prefix(&root).unwrap().with_fsync(true);
    let failing = Arc::new(Failing { inner, writes: AtomicUsize::new(0), stop_at, does_it });
    (Storage::over(failing.clone(), Some(root), folder.join("staging")).await.unwrap(), failing)
}

/// Every file of the root and its bytes.
fn contents(root: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push((path.strip_prefix(root).unwrap().to_owned(), std::fs::read(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

const FIRST: &[(&str, &[u8])] = &[("a", b"one"), ("b", b"two")];
const SECOND: &[(&str, &[u8])] = &[("c", b"three"), ("d", b"two")];

/// Stops at every write in turn; opening the root again makes it valid, and repeating makes it as if nothing happened.
async fn check_stopping(does_it: bool) {
    let undisturbed = tempfile::tempdir().unwrap();
    let storage = Storage::open(&settings(undisturbed.path())).await.unwrap();
    put(&storage, object("x"), FIRST).await.unwrap();
    put(&storage, object("x"), SECOND).await.unwrap();
    let wanted = contents(&undisturbed.path().join("ocfl"));
    for stop_at in 1.. {
        let folder = tempfile::tempdir().unwrap();
        Storage::open(&settings(folder.path())).await.unwrap();
        let (storage, failing) = over_failing(folder.path(), stop_at, does_it).await;
        let first = put(&storage, object("x"), FIRST).await;
        let done = first.is_ok() && put(&storage, object("x"), SECOND).await.is_ok();
        let writes = failing.writes.load(Ordering::SeqCst);
        drop(storage);
        let storage = Storage::open(&settings(folder.path())).await.unwrap();
        if stop_at % 4 == 0 || does_it {
            check_valid(&folder.path().join("ocfl"));
        }
        put(&storage, object("x"), FIRST).await.unwrap();
        put(&storage, object("x"), SECOND).await.unwrap();
        assert_eq!(contents(&folder.path().join("ocfl")), wanted, "stopped at write {stop_at}");
        if done {
            eprintln!("two versions with three files took {writes} writes");
            check_valid(&folder.path().join("ocfl"));
            return;
        }
    }
}

#[tokio::test]
async fn a_store_that_stops_before_any_write_is_made_good() {
    check_stopping(false).await;
}

#[tokio::test]
async fn a_store_that_stops_after_any_write_is_made_good() {
    check_stopping(true).await;
}

#[tokio::test]
async fn a_full_disk_is_said_to_be_full() {
    let folder = tempfile::tempdir().unwrap();
    let mount = |arguments: &[&str]| {
        let done = Command::new("mount").args(arguments).arg(folder.path()).output();
        done.is_ok_and(|output| output.status.success())
    };
    if !mount(&["-t", "tmpfs", "-o", "size=1m", "tmpfs"]) {
        eprintln!("SKIPPED: a small file system cannot be mounted here");
        return;
    }
    let storage = Storage::open(&settings(folder.path())).await.unwrap();
    let large = vec![1u8; 4 << 20];
    let source = futures::stream::iter([Ok(bytes::Bytes::from(large))]);
    let staging = storage.stage_stream(source, LIMIT).await;
    // Room to stage, but none to store.
    let halves = incoming(&storage, "half", &vec![2; 600 << 10]).await;
    let storing = storage.store(object("x"), vec![halves], &note()).await;
    let small = put(&storage, object("x"), &[("small", b"small")]).await;
    drop(storage);
    let valid = std::panic::catch_unwind(|| check_valid(&folder.path().join("ocfl")));
    assert!(Command::new("umount").arg(folder.path()).status().unwrap().success());
    assert!(matches!(staging, Err(StorageError::NoSpace { .. })), "{staging:?}");
    assert!(matches!(storing, Err(StorageError::NoSpace { .. })), "{storing:?}");
    assert!(small.is_ok() && valid.is_ok(), "{small:?}");
}

/// A local S3 server that ends with the test.
struct Moto(std::process::Child);

impl Drop for Moto {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[tokio::test]
async fn a_bucket_holds_the_same_as_a_folder() {
    if !has_module("moto.server") {
        return;
    }
    fonds::choose_tls();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let script = format!("from moto.server import main; main(['-H', '127.0.0.1', '-p', '{port}'])");
    let mut server = Command::new(python());
    server.args(["-c", &script]).stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    let mut moto = Moto(server.spawn().unwrap());
    let endpoint = format!("http://127.0.0.1:{port}");
    let client = reqwest::Client::new();
    let credential =
        "AWS4-HMAC-SHA256 Credential=test/20261121/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0";
    // The server takes a moment to listen; every try takes the time of a refused connection.
    while client.put(format!("{endpoint}/archive")).header("authorization", credential).send().await.is_err() {
        assert!(moto.0.try_wait().unwrap().is_none(), "the S3 server did not start");
    }
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings(folder.path());
    settings.storage.s3 = Some(S3Settings {
        bucket: "archive".to_owned(),
        prefix: "root".to_owned(),
        endpoint: Some(endpoint),
        region: "us-east-1".to_owned(),
        access_key: Secret::new("test"),
        secret_key: Secret::new("test"),
    });
    let storage = Storage::open(&settings).await.unwrap();
    let first = put(&storage, object("jar"), &[("달항아리 1.jpg", b"one"), ("b", &vec![9; 20 << 20])]).await.unwrap();
    let second = put(&storage, object("jar"), &[("c", b"three"), ("again", b"one")]).await.unwrap();
    assert_eq!(first[0], second[1]);
    // Another data directory knows nothing of the first one's claims; bytes that are there are not overwritten.
    let elsewhere = tempfile::tempdir().unwrap();
    settings.data = elsewhere.path().to_owned();
    let other = Storage::open(&settings).await.unwrap();
    assert_eq!(put(&other, object("jar"), &[("z", b"three")]).await.unwrap()[0], second[0]);
    assert!(other.get("no/such").await.unwrap_err().is_not_found());
    other.ping().await.unwrap();
}

//! Settings: defaults, then `fonds.toml`, then `FONDS__SECTION__KEY`, then flags. Unknown keys are refused.
//!
//! Each setting is documented by what goes wrong. Everything is checked before a port is opened.

mod check;
mod publishing;
mod wrong;

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::{Env, Format as _, Serialized, Toml};
use serde::{Deserialize, Serialize};

use self::check::check;
pub use self::publishing::PublishingSettings;
use crate::formats;

/// A text that never prints: a password, a key.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Wraps a text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one place that needs it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// All settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The data directory. Two archives in one directory would be one archive: each needs its own.
    pub data: PathBuf,
    /// What to listen on. Anything but a loopback address opens the archive to the network.
    pub listen: SocketAddr,
    /// The address that the world knows, scheme and port included. Wrong: every manifest, record and redirect names
    /// addresses that nobody can open. Unset: `http://` and the address that fonds listens on.
    pub public_url: Option<String>,
    /// About the institution.
    pub archive: ArchiveSettings,
    /// Where PostgreSQL is.
    pub database: DatabaseSettings,
    /// Where the bytes are.
    pub storage: StorageSettings,
    /// What is said in the words of IIIF.
    pub iiif: IiifSettings,
    /// What harvested records say of the archive.
    pub publishing: PublishingSettings,
    /// What harvesters are told.
    pub oai: OaiSettings,
    /// What is too much.
    pub limits: Limits,
    /// How fonds tells what it does.
    pub log: LogSettings,
}

/// About the institution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ArchiveSettings {
    /// The name that pages, `Identify` and manifests show.
    pub name: String,
    /// Whom harvesters write to when something breaks (`adminEmail`). Nobody reads the default.
    pub email: String,
    /// In whose name verbs on the command line act, unless `--agent` names somebody: every event carries an agent.
    pub operator: String,
    /// The language of descriptions that do not say theirs; decides how words are stemmed in searches.
    pub language: String,
    /// The institution's own page, which manifests name. Unset: the front page of the archive.
    pub homepage: Option<String>,
    /// The address of the institution's logo, an image that viewers show beside every object. Unset: none is shown.
    pub logo: Option<String>,
}

/// Where PostgreSQL is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DatabaseSettings {
    /// An own server, 15 or later (`DATABASE_URL` is read too). Unset: fonds starts a private one.
    pub url: Option<Secret>,
    /// The folder with `postgres` and `initdb` for the private one. Unset: fonds looks for it; `fonds doctor` tells
    /// where.
    pub binaries: Option<PathBuf>,
    /// The system user that the private one runs as when fonds runs as root, which PostgreSQL refuses.
    pub user: Option<String>,
}

/// Where the bytes are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StorageSettings {
    /// The folder of the OCFL storage root. Unset: `ocfl` in the data directory.
    pub folder: Option<PathBuf>,
    /// An S3 bucket for the OCFL storage root, instead of a folder.
    pub s3: Option<S3Settings>,
}

/// An S3 bucket.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct S3Settings {
    /// The bucket; it must exist.
    pub bucket: String,
    /// A prefix inside the bucket, without slashes at its ends. Two archives under one prefix would mix.
    pub prefix: String,
    /// The address of the service; unset means AWS.
    pub endpoint: Option<String>,
    /// The region.
    pub region: String,
    /// The access key.
    pub access_key: Secret,
    /// The secret key.
    pub secret_key: Secret,
}

/// What is said in the words of IIIF.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct IiifSettings {
    /// Whether manifests are also there in the draft of Presentation API 4, which shows three-dimensional models. The draft
    /// changes: a viewer that reads it today may not read what a later release of fonds writes.
    pub presentation_4: bool,
}

/// What harvesters are told of the repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OaiSettings {
    /// The metadata formats that records are published in, by their prefixes; `oai_dc` is always one. Each costs time and room
    /// with every change of an object, whether or not anybody harvests it. Another list folds the archive anew at the next
    /// start; who harvests a format that is left out is told that there is none.
    pub formats: Vec<String>,
    /// Base URLs of other repositories that `Identify` recommends to harvesters.
    pub friends: Vec<String>,
}

/// What is too much.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Bytes of one file. More is refused at ingest and upload.
    pub file_bytes: u64,
    /// Pixels of one image that is decoded for a viewer. Larger ones are kept and described, but not shown.
    pub image_pixels: u64,
    /// Seconds that a SPARQL query may take.
    pub sparql_seconds: u64,
    /// Images cut into tiles at the same time, and answers worked out at the same time. More than there are cores: others
    /// wait longer.
    pub decodes: usize,
}

/// How fonds tells what it does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogSettings {
    /// What is told, in the syntax of `tracing-subscriber`: `info`, `fonds=debug`.
    pub filter: String,
    /// One JSON object a line instead of text.
    pub json: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            data: PathBuf::from("fonds-data"),
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            public_url: None,
            archive: ArchiveSettings::default(),
            database: DatabaseSettings::default(),
            storage: StorageSettings::default(),
            iiif: IiifSettings::default(),
            publishing: PublishingSettings::default(),
            oai: OaiSettings::default(),
            limits: Limits::default(),
            log: LogSettings::default(),
        }
    }
}

impl Default for ArchiveSettings {
    fn default() -> Self {
        Self {
            name: "fonds".to_owned(),
            email: "archive@example.org".to_owned(),
            operator: "operator".to_owned(),
            language: "en".to_owned(),
            homepage: None,
            logo: None,
        }
    }
}

impl Default for OaiSettings {
    fn default() -> Self {
        Self { formats: formats::USUAL.iter().map(|prefix| (*prefix).to_owned()).collect(), friends: Vec::new() }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { file_bytes: 64 << 30, image_pixels: 4_000_000_000, sparql_seconds: 10, decodes: 2 }
    }
}

impl Default for LogSettings {
    fn default() -> Self {
        Self { filter: "info,sqlx=warn,tower_http=warn".to_owned(), json: false }
    }
}

/// Why settings are refused.
#[derive(Debug, thiserror::Error)]
pub enum BadSettings {
    /// A file or variable says something that is no setting.
    #[error("could not read the settings: {0}")]
    Unreadable(String),
    /// The configuration file that was named is not there.
    #[error("there is no configuration file {0}")]
    Missing(PathBuf),
    /// A setting has a value that cannot work.
    #[error("setting {key}: {why}")]
    Wrong {
        /// Which.
        key: &'static str,
        /// What is wrong.
        why: String,
    },
}

/// What flags say; `None` leaves what file and environment say.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Flags {
    /// `--data`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<PathBuf>,
    /// `--listen`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<SocketAddr>,
    /// `--public-url`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_url: Option<String>,
}

/// Reads the settings: `config` if named (it must exist), else `fonds.toml` in the data directory or here if there is
/// one; then the environment; then flags.
pub fn read(config: Option<&Path>, flags: &Flags) -> Result<Settings, BadSettings> {
    if let Some(path) = config.filter(|path| !path.is_file()) {
        return Err(BadSettings::Missing(path.to_owned()));
    }
    let data = flags.data.clone().unwrap_or_else(|| Settings::default().data);
    let found = [data.join("fonds.toml"), PathBuf::from("fonds.toml")].into_iter().find(|path| path.is_file());
    let mut figment = Figment::from(Serialized::defaults(Settings::default()));
    if let Some(path) = config.map(Path::to_owned).or(found) {
        figment = figment.merge(Toml::file_exact(path));
    }
    // The name that every PostgreSQL tool knows.
    figment = figment.merge(Env::raw().only(&["DATABASE_URL"]).map(|_| "database.url".into()));
    figment = figment.merge(Env::prefixed("FONDS__").split("__")).merge(Serialized::defaults(flags));
    let settings: Settings = figment.extract().map_err(|error| BadSettings::Unreadable(wrong::sentence(error)))?;
    check(&settings)?;
    Ok(settings)
}

impl Settings {
    /// The address that the world knows.
    #[must_use]
    pub fn public_url(&self) -> String {
        self.public_url.clone().unwrap_or_else(|| format!("http://{}", self.listen))
    }

    /// The same settings with every secret that is set shown as `(secret)`.
    #[must_use]
    pub fn without_secrets(&self) -> Self {
        let mut shown = self.clone();
        let hide = |secret: &mut Secret| {
            if !secret.reveal().is_empty() {
                *secret = Secret::new("(secret)");
            }
        };
        shown.database.url.as_mut().map(hide);
        if let Some(s3) = &mut shown.storage.s3 {
            hide(&mut s3.access_key);
            hide(&mut s3.secret_key);
        }
        shown
    }

    /// The folder of the OCFL storage root, when it is a folder.
    #[must_use]
    pub fn storage_folder(&self) -> PathBuf {
        self.storage.folder.clone().unwrap_or_else(|| self.data.join("ocfl"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_file(text: &str) -> Result<Settings, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("fonds.toml");
        std::fs::write(&path, text).unwrap();
        read(Some(&path), &Flags::default()).map_err(|error| format!("{:#}", anyhow::Error::new(error)))
    }

    #[test]
    fn an_unknown_key_is_refused_by_name() {
        let message = check_file("[archive]\nnmae = 'x'").unwrap_err();
        assert!(message.contains("nmae"), "{message}");
    }

    #[test]
    fn a_value_of_the_wrong_kind_is_refused_and_not_repeated() {
        let message = check_file("[database]\nurl = 4711").unwrap_err();
        assert!(message.contains("database.url must be") && !message.contains("4711"), "{message}");
    }

    #[test]
    fn a_file_sets_what_it_names() {
        assert_eq!(check_file("[archive]\nname = 'Museum'").unwrap().archive.name, "Museum");
    }

    #[test]
    fn an_address_without_scheme_is_refused() {
        for wrong in ["public_url = 'archive.example.org'", "listen = '0.0.0.0:8080'", "listen = '[::]:8080'"] {
            let message = check_file(wrong).unwrap_err();
            assert!(message.contains("public_url"), "{message}");
        }
        check_file("listen = '0.0.0.0:8080'\npublic_url = 'https://archive.example.org'").unwrap();
    }

    #[test]
    fn a_logo_that_is_no_address_is_refused() {
        let message = check_file("[archive]\nlogo = 'logo.png'").unwrap_err();
        assert!(message.contains("archive.logo"), "{message}");
        assert!(check_file("[archive]\nlogo = 'https://museum.example.org/logo.png'").is_ok());
    }

    #[test]
    fn what_harvesters_are_told_is_addresses() {
        let message = check_file("[oai]\nfriends = ['a friend']").unwrap_err();
        assert!(message.contains("oai.friends"), "{message}");
        let right = "[oai]\nfriends = ['https://archive.example.org/oai']";
        assert_eq!(check_file(right).unwrap().oai.friends.len(), 1);
    }

    #[test]
    fn a_format_that_nobody_knows_is_refused_with_those_that_there_are() {
        let message = check_file("[oai]\nformats = ['lido', 'foxml']").unwrap_err();
        assert!(message.contains("oai.formats") && message.contains("foxml"), "{message}");
        assert!(formats::ALL.iter().all(|format| message.contains(format.prefix())), "{message}");
        assert_eq!(check_file("[oai]\nformats = ['lido']").unwrap().oai.formats, ["lido"]);
        assert_eq!(check_file("").unwrap().oai.formats, formats::USUAL);
    }

    #[test]
    fn what_harvesters_take_for_no_email_is_refused() {
        for email in ["archive", "archive@localhost", "a@example.org", "archive@.org", "my archive@example.org"] {
            let message = check_file(&format!("[archive]\nemail = '{email}'")).unwrap_err();
            assert!(message.contains("archive.email"), "{email}: {message}");
        }
        assert!(check_file("[archive]\nemail = 'archive@example.org'").is_ok());
    }

    #[test]
    fn a_secret_does_not_print() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "(secret)");
    }
}

//! Where things are found on the web: one place that knows every public address.

use crate::ids::{FileId, ImageId, ObjectId};

/// The addresses under one public base such as `https://archive.example.org`, without a slash at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addresses {
    base: String,
}

impl Addresses {
    /// The addresses under that base; a slash at its end is cut.
    #[must_use]
    pub fn new(base: &str) -> Self {
        Self { base: base.trim_end_matches('/').to_owned() }
    }

    /// The base itself.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The name of an object in linked data: it answers with a redirect to page or data.
    #[must_use]
    pub fn id(&self, object: ObjectId) -> String {
        format!("{}/id/{object}", self.base)
    }

    /// The page of an object.
    #[must_use]
    pub fn page(&self, object: ObjectId) -> String {
        format!("{}/o/{object}", self.base)
    }

    /// The IIIF Presentation 3 manifest of an object.
    #[must_use]
    pub fn manifest(&self, object: ObjectId) -> String {
        format!("{}/iiif/presentation/3/{object}/manifest", self.base)
    }

    /// The IIIF Image 3 service of an image, without a slash at its end.
    #[must_use]
    pub fn image(&self, image: ImageId) -> String {
        format!("{}/iiif/image/3/{image}", self.base)
    }

    /// The base address of the same image service as version 2 of the Image API.
    #[must_use]
    pub fn image_2(&self, image: ImageId) -> String {
        format!("{}/iiif/image/2/{image}", self.base)
    }

    /// The bytes of a file.
    #[must_use]
    pub fn content(&self, file: FileId) -> String {
        format!("{}/api/v1/files/{file}/content", self.base)
    }

    /// The stream of the IIIF Change Discovery API.
    #[must_use]
    pub fn discovery(&self) -> String {
        format!("{}/iiif/discovery/1/all-changes", self.base)
    }

    /// The OAI-PMH record of an object in a metadata format.
    #[must_use]
    pub fn record(&self, object: ObjectId, prefix: &str) -> String {
        let identifier = format!("oai:{}:{object}", self.host());
        format!("{}?verb=GetRecord&metadataPrefix={prefix}&identifier={identifier}", self.oai())
    }

    /// The base URL of OAI-PMH.
    #[must_use]
    pub fn oai(&self) -> String {
        format!("{}/oai", self.base)
    }

    /// The host of the base without its port, which OAI identifiers carry (`oai:HOST:ID`).
    #[must_use]
    pub fn host(&self) -> &str {
        let authority = self.base.split_once("://").map_or(self.base.as_str(), |(_, rest)| rest);
        let authority = authority.split('/').next().unwrap_or_default();
        authority.split(':').next().unwrap_or_default()
    }
}

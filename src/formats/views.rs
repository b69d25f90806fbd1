//! Which files a record names, and where the web finds them: images through the IIIF Image API, all else as it is kept.
//!
//! A record names some of them only. The feed keeps every state of a record, and a book comes page by page.

use fonds_projections::feed::Setting;
use fonds_schemas::{Event, FileRole, Object, Page, StoredFile};

/// What kind of thing a file is to whoever sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A picture.
    Image,
    /// A recording.
    Sound,
    /// A film.
    Film,
    /// Something to read.
    Text,
    /// A three-dimensional model.
    Model,
}

/// One image, or one other file.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// The page.
    pub page: Page<'a>,
    /// What it is.
    pub kind: Kind,
}

impl View<'_> {
    /// The address of the whole image, or of the file. Of an image, in version 2 of the Image API: Europeana's reader does
    /// not load version 3.
    #[must_use]
    pub fn address(&self, setting: &Setting<'_>) -> String {
        match self.kind {
            Kind::Image => format!("{}/full/full/0/default.jpg", setting.addresses.image_2(self.page.id())),
            Kind::Sound | Kind::Film | Kind::Text | Kind::Model => setting.addresses.content(self.page.file.file),
        }
    }

    /// The media type of what the address answers with.
    #[must_use]
    pub fn media_type(&self) -> &str {
        match self.kind {
            Kind::Image => "image/jpeg",
            Kind::Sound | Kind::Film | Kind::Text | Kind::Model => &self.page.file.media_type,
        }
    }

    /// The address of a small picture of it, if it is an image.
    #[must_use]
    pub fn thumbnail(&self, setting: &Setting<'_>) -> Option<String> {
        let small = || format!("{}/full/!400,400/0/default.jpg", setting.addresses.image_2(self.page.id()));
        if self.kind == Kind::Image { Some(small()) } else { None }
    }
}

/// The first views of an object, images page by page; at most `most`.
#[must_use]
pub fn views(object: &Object, most: usize) -> Vec<View<'_>> {
    let of_file = |file| kind(file).into_iter().flat_map(move |kind| pages(file, kind));
    object.files.iter().flat_map(of_file).take(most).collect()
}

/// Whether a record that names the first `most` views, and nothing else of files, plainly stays as it is.
#[must_use]
pub fn is_unmoved(before: &Object, event: &Event, most: usize) -> bool {
    let comes_later = |file: &StoredFile| {
        let earlier = before.files.iter().take_while(|one| (one.order, one.file) < (file.order, file.file));
        let views = earlier.flat_map(|one| kind(one).into_iter().flat_map(move |kind| pages(one, kind)));
        views.take(most).count() == most
    };
    is_unmoved_but(before, event, |file| kind(file).is_none() || comes_later(file))
}

/// Whether a record that shows of files only those that are not `left_out` plainly stays as it is.
#[must_use]
pub fn is_unmoved_but(before: &Object, event: &Event, left_out: impl Fn(&StoredFile) -> bool) -> bool {
    match event {
        Event::FileStored(body) => before.file(body.file.file).is_none() && left_out(&body.file),
        Event::FileDetached(body) => before.file(body.file).is_none_or(left_out),
        // How files are arranged is for whoever looks at them.
        Event::Arranged(_) => true,
        Event::LedgerOpened(_)
        | Event::AgentRegistered(_)
        | Event::BatchOpened(_)
        | Event::BatchClosed(_)
        | Event::Accessioned(_)
        | Event::Described(_)
        | Event::Related(_)
        | Event::AccessSet(_)
        | Event::EmbargoLapsed(_)
        | Event::PublicationMarked(_)
        | Event::Annotated(_)
        | Event::AnnotationRetracted(_)
        | Event::Transcribed(_)
        | Event::TokenIssued(_)
        | Event::Harvested(_)
        | Event::TokenRevoked(_) => false,
    }
}

fn pages(file: &StoredFile, kind: Kind) -> impl Iterator<Item = View<'_>> {
    // Only of an image the pages have addresses of their own.
    let most = if kind == Kind::Image { usize::MAX } else { 1 };
    file.all_pages().take(most).map(move |page| View { page, kind })
}

fn kind(file: &StoredFile) -> Option<Kind> {
    match file.role {
        FileRole::Master | FileRole::Access | FileRole::ThreeD | FileRole::Rti => {}
        // What is said of the object, or came along with it, is not the object.
        FileRole::Transcript | FileRole::Attachment => return None,
    }
    match file.media_type.split('/').next() {
        Some("image") if file.is_image() => Some(Kind::Image),
        Some("audio") => Some(Kind::Sound),
        Some("video") => Some(Kind::Film),
        Some("text") => Some(Kind::Text),
        Some("model") => Some(Kind::Model),
        Some("application") if file.media_type == "application/pdf" => Some(Kind::Text),
        Some(_) | None => None,
    }
}

//! From the samples of a source to sRGB or gray: profiles, inks and transparency.

use std::sync::Arc;

use moxcms::{ColorProfile, DataColorSpace, Layout, Transform8BitExecutor, TransformOptions};

use super::Channels;

/// What the samples of a source mean; 8 bits each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Samples {
    Gray,
    GrayAlpha,
    Rgb,
    Rgba,
    /// How much of each ink: 255 is all of it.
    Cmyk,
}

impl Samples {
    pub(super) const fn count(self) -> usize {
        match self {
            Self::Gray => 1,
            Self::GrayAlpha => 2,
            Self::Rgb => 3,
            Self::Rgba | Self::Cmyk => 4,
        }
    }

    const fn has_alpha(self) -> bool {
        match self {
            Self::GrayAlpha | Self::Rgba => true,
            Self::Gray | Self::Rgb | Self::Cmyk => false,
        }
    }

    /// What they become.
    pub(super) const fn channels(self) -> Channels {
        match self {
            Self::Gray | Self::GrayAlpha => Channels::Gray,
            Self::Rgb | Self::Rgba | Self::Cmyk => Channels::Rgb,
        }
    }
}

/// How far a sample may move and nobody sees it.
const UNSEEN: u8 = 2;

/// Turns samples into pixels as people see them.
pub(super) struct Colour {
    samples: Samples,
    profile: Option<Arc<Transform8BitExecutor>>,
    keeps_samples: bool,
    /// What the profile gives, before it is put where it belongs.
    turned: Vec<u8>,
}

impl Colour {
    /// `profile` is the ICC profile that came with the picture. One that is damaged, or of another kind of colours than
    /// the samples are, is no reason to show nothing: the samples are then taken for sRGB.
    pub(super) fn new(samples: Samples, profile: Option<&[u8]>) -> Self {
        let profile = profile.and_then(|profile| ColorProfile::new_from_slice(profile).ok());
        let profile = profile.and_then(|profile| {
            let (space, from) = match samples.channels() {
                Channels::Gray => (DataColorSpace::Gray, Layout::Gray),
                Channels::Rgb if samples == Samples::Cmyk => (DataColorSpace::Cmyk, Layout::Rgba),
                Channels::Rgb => (DataColorSpace::Rgb, Layout::Rgb),
            };
            if profile.color_space != space {
                return None;
            }
            let to = ColorProfile::new_srgb();
            profile.create_transform_8bit(from, &to, Layout::Rgb, TransformOptions::default()).ok()
        });
        let keeps_samples = match samples {
            Samples::Gray | Samples::Rgb => profile.as_deref().is_none_or(|profile| changes_nothing(profile, samples)),
            Samples::GrayAlpha | Samples::Rgba | Samples::Cmyk => false,
        };
        Self { samples, profile, keeps_samples, turned: Vec::new() }
    }

    /// Whether the samples are the pixels already, but for what nobody sees: there is no profile, or it is that of sRGB.
    pub(super) const fn keeps_samples(&self) -> bool {
        self.keeps_samples
    }

    pub(super) const fn samples(&self) -> Samples {
        self.samples
    }

    /// Appends the pixels that the samples are.
    pub(super) fn convert(&mut self, samples: &[u8], into: &mut Vec<u8>) {
        if !self.samples.has_alpha() {
            self.opaque(samples, into);
            return;
        }
        let (count, channels) = (self.samples.count(), self.samples.channels().count());
        let colours: Vec<u8> = samples.chunks_exact(count).flat_map(|pixel| &pixel[..channels]).copied().collect();
        let begin = into.len();
        self.opaque(&colours, into);
        let alphas = samples.chunks_exact(count).map(|pixel| pixel[channels]);
        for (pixel, alpha) in into[begin..].chunks_exact_mut(channels).zip(alphas) {
            for sample in pixel {
                *sample = over_white(*sample, alpha);
            }
        }
    }

    fn opaque(&mut self, samples: &[u8], into: &mut Vec<u8>) {
        if let Some(profile) = &self.profile {
            let pixels = samples.len() / self.samples.channels_in();
            self.turned.resize(pixels * 3, 0);
            if profile.transform(samples, &mut self.turned).is_ok() {
                match self.samples.channels() {
                    Channels::Rgb => into.extend_from_slice(&self.turned),
                    // Gray stays gray: all three are the same.
                    Channels::Gray => into.extend(self.turned.iter().step_by(3)),
                }
                return;
            }
        }
        match self.samples {
            Samples::Cmyk => {
                for ink in samples.chunks_exact(4) {
                    let paper = |ink: u8, black: u8| over_black(255 - ink, 255 - black);
                    into.extend([paper(ink[0], ink[3]), paper(ink[1], ink[3]), paper(ink[2], ink[3])]);
                }
            }
            Samples::Gray | Samples::GrayAlpha | Samples::Rgb | Samples::Rgba => into.extend_from_slice(samples),
        }
    }
}

/// Whether a profile leaves colours where they are: sRGB is written in many ways, and rounds in as many.
fn changes_nothing(profile: &Transform8BitExecutor, samples: Samples) -> bool {
    let steps = (0..=u8::MAX).step_by(15);
    let colours: Vec<[u8; 3]> = match samples.channels() {
        Channels::Gray => (0..=u8::MAX).map(|gray| [gray; 3]).collect(),
        Channels::Rgb => {
            let pairs = steps.clone().flat_map(|r| steps.clone().map(move |g| (r, g)));
            pairs.flat_map(|(r, g)| steps.clone().map(move |b| [r, g, b])).collect()
        }
    };
    let from: Vec<u8> = match samples.channels() {
        Channels::Gray => (0..=u8::MAX).collect(),
        Channels::Rgb => colours.as_flattened().to_vec(),
    };
    let mut turned = vec![0; colours.len() * 3];
    let is_turned = profile.transform(&from, &mut turned).is_ok();
    let mut pairs = turned.iter().zip(colours.as_flattened());
    is_turned && pairs.all(|(turned, kept)| turned.abs_diff(*kept) <= UNSEEN)
}

impl Samples {
    /// Samples of a pixel without its transparency.
    const fn channels_in(self) -> usize {
        match self {
            Self::Gray | Self::GrayAlpha => 1,
            Self::Rgb | Self::Rgba => 3,
            Self::Cmyk => 4,
        }
    }
}

/// What is seen of a sample that lies on white, as on paper.
#[must_use]
pub fn over_white(sample: u8, alpha: u8) -> u8 {
    let (sample, alpha) = (u16::from(sample), u16::from(alpha));
    u8::try_from((sample * alpha + 255 * (255 - alpha) + 127) / 255).unwrap_or(u8::MAX)
}

fn over_black(sample: u8, light: u8) -> u8 {
    u8::try_from((u16::from(sample) * u16::from(light) + 127) / 255).unwrap_or(u8::MAX)
}

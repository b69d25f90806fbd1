//! To come.

pub mod doctor;

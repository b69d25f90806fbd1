//! What a file is: media type and sides, from its bytes.

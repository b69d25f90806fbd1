//! Canonical JSON (RFC 8785), in the part of it that the ledger uses: no floats, integers below 2^53.
//!
//! fonds writes canonical JSON by declaring fields in alphabetical order; this reader proves that it did, and refuses
//! whatever another writer could have meant in two ways: duplicate keys, escapes that need not be, white space.

/// Values inside values: deeper than anything fonds writes, shallow enough for any stack.
const DEPTH_MAX: usize = 32;
/// Integers that every JSON reader keeps exactly (RFC 7493 §2.2).
const INTEGER_MAX: u64 = (1 << 53) - 1;

/// Why bytes are not canonical JSON, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not canonical JSON at byte {at}: {why}")]
pub struct NotCanonical {
    /// Byte offset.
    pub at: usize,
    /// What is wrong there.
    pub why: &'static str,
}

/// Checks that the bytes are one JSON value in canonical form.
pub fn check(bytes: &[u8]) -> Result<(), NotCanonical> {
    let text =
        std::str::from_utf8(bytes).map_err(|error| NotCanonical { at: error.valid_up_to(), why: "not UTF-8" })?;
    let mut reader = Reader { bytes: text.as_bytes(), at: 0 };
    reader.value(0)?;
    if reader.at == bytes.len() { Ok(()) } else { Err(reader.wrong("more after the value")) }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn wrong(&self, why: &'static str) -> NotCanonical {
        NotCanonical { at: self.at, why }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn take(&mut self, wanted: u8) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, wanted: u8, why: &'static str) -> Result<(), NotCanonical> {
        if self.take(wanted) { Ok(()) } else { Err(self.wrong(why)) }
    }

    fn value(&mut self, depth: usize) -> Result<(), NotCanonical> {
        if depth > DEPTH_MAX {
            return Err(self.wrong("nested too deeply"));
        }
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => self.string().map(drop),
            Some(b'-' | b'0'..=b'9') => self.integer(),
            Some(b't') => self.word(b"true"),
            Some(b'f') => self.word(b"false"),
            // What is absent is left out: a null would be a second way to say it.
            Some(b'n') => Err(self.wrong("a null")),
            _ => Err(self.wrong("no value")),
        }
    }

    fn word(&mut self, word: &'static [u8]) -> Result<(), NotCanonical> {
        if self.bytes[self.at..].starts_with(word) {
            self.at += word.len();
            Ok(())
        } else {
            Err(self.wrong("no value"))
        }
    }

    fn array(&mut self, depth: usize) -> Result<(), NotCanonical> {
        self.at += 1;
        if self.take(b']') {
            return Ok(());
        }
        loop {
            self.value(depth + 1)?;
            if self.take(b']') {
                return Ok(());
            }
            self.expect(b',', "neither a comma nor the end of the array")?;
        }
    }

    fn object(&mut self, depth: usize) -> Result<(), NotCanonical> {
        self.at += 1;
        if self.take(b'}') {
            return Ok(());
        }
        let mut last: Option<&[u8]> = None;
        loop {
            let key = self.string()?;
            // RFC 8785 sorts by UTF-16 code units; for the ASCII that all our keys are, that is the order of bytes.
            if !key.iter().all(|byte| (b' '..=b'~').contains(byte) && *byte != b'\\') {
                return Err(self.wrong("a key that is not plain ASCII"));
            }
            if last.is_some_and(|last| last >= key) {
                return Err(self.wrong("keys out of order, or one twice"));
            }
            last = Some(key);
            self.expect(b':', "no colon after the key")?;
            self.value(depth + 1)?;
            if self.take(b'}') {
                return Ok(());
            }
            self.expect(b',', "neither a comma nor the end of the object")?;
        }
    }

    fn string(&mut self) -> Result<&'a [u8], NotCanonical> {
        self.expect(b'"', "no string")?;
        let start = self.at;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => {
                    let text = &self.bytes[start..self.at];
                    self.at += 1;
                    return Ok(text);
                }
                b'\\' => self.escape()?,
                0..=0x1f => return Err(self.wrong("a control character that is not escaped")),
                _ => self.at += 1,
            }
        }
        Err(self.wrong("a string without end"))
    }

    fn escape(&mut self) -> Result<(), NotCanonical> {
        self.at += 1;
        match self.peek() {
            Some(b'"' | b'\\' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.at += 1;
                Ok(())
            }
            Some(b'u') => {
                let digits = self.bytes.get(self.at + 1..self.at + 5).unwrap_or_default();
                // Only controls without a short form are escaped by number, in lower case.
                let needed = matches!(digits, [b'0', b'0', b'0', d] if b"01234567be".contains(d))
                    || matches!(digits, [b'0', b'0', b'1', d] if b"0123456789abcdef".contains(d));
                if !needed {
                    return Err(self.wrong("an escape that need not be"));
                }
                self.at += 5;
                Ok(())
            }
            _ => Err(self.wrong("an escape that need not be")),
        }
    }

    fn integer(&mut self) -> Result<(), NotCanonical> {
        let negative = self.take(b'-');
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if matches!(self.peek(), Some(b'.' | b'e' | b'E')) {
            return Err(self.wrong("a number that is not whole"));
        }
        let digits = std::str::from_utf8(&self.bytes[start..self.at]).unwrap_or_default();
        let leading_zero = digits.len() > 1 && digits.starts_with('0');
        match digits.parse::<u64>() {
            Ok(0) if negative => Err(self.wrong("a negative zero")),
            Ok(number) if number <= INTEGER_MAX && !leading_zero => Ok(()),
            Ok(_) | Err(_) => Err(self.wrong("a number that is not a safe integer in shortest form")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check_refused(text: &str, why: &str) {
        assert_eq!(check(text.as_bytes()).map_err(|error| error.why), Err(why), "{text}");
    }

    proptest! {
        #[test]
        fn what_serde_writes_of_a_text_is_canonical(text: String) {
            prop_assert_eq!(check(&serde_json::to_vec(&text).unwrap()), Ok(()));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _answer = check(&bytes);
        }
    }

    #[test]
    fn sorted_keys_pass() {
        assert_eq!(check(br#"{"a":[1,-2,true],"b":{"c":"\u001f"}}"#), Ok(()));
    }
    #[test]
    fn unsorted_keys_are_refused() {
        check_refused(r#"{"b":1,"a":2}"#, "keys out of order, or one twice");
    }
    #[test]
    fn a_key_twice_is_refused() {
        check_refused(r#"{"a":1,"a":1}"#, "keys out of order, or one twice");
    }
    #[test]
    fn a_float_is_refused() {
        check_refused("1.5", "a number that is not whole");
    }
    #[test]
    fn a_large_integer_is_refused() {
        check_refused("9007199254740992", "a number that is not a safe integer in shortest form");
    }
    #[test]
    fn white_space_is_refused() {
        check_refused("[1, 2]", "no value");
    }
    #[test]
    fn a_null_is_refused() {
        check_refused("[null]", "a null");
    }
    #[test]
    fn a_needless_escape_is_refused() {
        check_refused(r#""\u0041""#, "an escape that need not be");
        check_refused(r#""\/""#, "an escape that need not be");
    }
    #[test]
    fn a_deep_nest_is_refused() {
        check_refused(&"[".repeat(100), "nested too deeply");
    }
}

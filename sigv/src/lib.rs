//! Verifies and produces AWS signatures; decodes and encodes signed bodies.

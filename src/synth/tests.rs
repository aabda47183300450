//! Truth against itself and against RULES.md G.
use super::*;

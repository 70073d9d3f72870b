//! Drives the applier: what the spool holds goes to the day file, then to the books, then the segment may go.

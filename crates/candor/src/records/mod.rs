//! Records: generation log, usage lines, receipts; what the spool is applied to.

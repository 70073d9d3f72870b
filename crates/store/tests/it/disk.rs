//! Both disks keep the same contract; the faulty one fails as it promises.

use std::io;
use std::path::Path;

use store::disk::{Crash, Disk, Fault, FaultyDisk, Operation, RealDisk};

#[test]
fn both_disks_keep_the_same_contract() {
    let folder = tempfile::tempdir().unwrap();
    keeps_the_contract(&RealDisk, folder.path());
    let faulty = FaultyDisk::new(1);
    faulty.create_folder(Path::new("/folder")).unwrap();
    keeps_the_contract(&faulty, Path::new("/folder"));
}

fn keeps_the_contract(disk: &dyn Disk, folder: &Path) {
    let path = folder.join("file");
    assert_eq!(disk.open(&path).unwrap_err().kind(), io::ErrorKind::NotFound);
    let file = disk.create(&path).unwrap();
    assert_eq!(disk.create(&path).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
    file.preallocate(8192).unwrap();
    assert_eq!(file.len().unwrap(), 8192);
    file.write_all_at(b"bytes", 100).unwrap();
    file.preallocate(4096).unwrap();
    file.sync_data().unwrap();
    disk.sync_dir(folder).unwrap();
    let mut bytes = [0xff; 7];
    disk.open(&path).unwrap().read_exact_at(&mut bytes, 99).unwrap();
    assert_eq!(&bytes, b"\0bytes\0");
    assert_eq!(file.read_at(&mut bytes, 8190).unwrap(), 2);
    file.set_len(102).unwrap();
    assert_eq!(
        file.read_exact_at(&mut bytes, 99).unwrap_err().kind(),
        io::ErrorKind::UnexpectedEof
    );
    let other = folder.join("other");
    disk.rename(&path, &other).unwrap();
    assert_eq!(disk.list(folder).unwrap(), vec![other.clone()]);
    disk.remove(&other).unwrap();
    assert_eq!(disk.remove(&other).unwrap_err().kind(), io::ErrorKind::NotFound);
    let lock = disk.lock(&path).unwrap().expect("nobody holds it");
    assert!(disk.lock(&path).unwrap().is_none());
    disk.remove(&path).unwrap();
    let next = disk.lock(&path).unwrap().expect("the name is free again");
    drop(lock);
    assert!(
        disk.lock(&path).unwrap().is_none(),
        "the old lock does not open the new file's"
    );
    drop(next);
    assert!(disk.lock(&path).unwrap().is_some());
}

#[test]
fn a_power_cut_keeps_what_was_synced_and_a_kill_keeps_all() {
    let (path, folder) = (Path::new("/folder/file"), Path::new("/folder"));
    let mut lost = 0;
    for seed in 0..64 {
        let disk = FaultyDisk::new(seed);
        let file = disk.create(path).unwrap();
        file.write_all_at(&[1; 1000], 0).unwrap();
        file.sync_data().unwrap();
        disk.sync_dir(folder).unwrap();
        file.write_all_at(&[2; 4000], 1000).unwrap();
        let disk = disk.restart(if seed % 2 == 0 { Crash::Killed } else { Crash::PowerCut });
        assert!(file.sync_data().is_err(), "the old process is gone");
        let bytes = store::disk::read_file(&disk, path, 10_000).unwrap();
        assert_eq!(&bytes[..1000], &[1; 1000]);
        let survived = bytes[1000..].iter().filter(|byte| **byte == 2).count();
        lost += 4000 - survived;
        assert!(seed % 2 == 1 || survived == 4000);
    }
    assert!(lost > 10_000);
}

#[test]
fn a_failed_sync_forgets_what_it_did_not_write() {
    let path = Path::new("/folder/file");
    let disk = FaultyDisk::new(1);
    let file = disk.create(path).unwrap();
    disk.sync_dir(Path::new("/folder")).unwrap();
    file.write_all_at(&[1; 100], 0).unwrap();
    disk.fail(Operation::Sync, 1, 1, Fault::Error(io::ErrorKind::Other));
    assert!(file.sync_data().is_err());
    file.sync_data().unwrap();
    let disk = disk.restart(Crash::PowerCut);
    assert_eq!(
        disk.open(path).unwrap().len().unwrap(),
        0,
        "the second sync said yes to nothing"
    );
}

package process

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
)

// The numbers that systemd keeps free for users that live as long as a service: no package and no administrator gives
// them away. https://systemd.io/UIDS-GIDS/
const (
	firstApart = 61184
	lastApart  = 65519
	apartTries = 100
)

// Apart is a user that is nobody else's, for programs that need no right of ours: it has no account, no group and no process
// yet. It is nil unless we are root, who alone can give programs away to other users.
func Apart() (*User, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	for range apartTries {
		id := uint32(firstApart + rand.IntN(lastApart-firstApart+1))
		_, err := user.LookupId(strconv.FormatUint(uint64(id), 10))
		if unknown := user.UnknownUserIdError(0); errors.As(err, &unknown) && !running(id) {
			return &User{UID: id, GID: id}, nil
		}
	}
	return nil, fmt.Errorf("find a user that is nobody's among %d to %d: all of %d that were tried are taken", firstApart, lastApart, apartTries)
}

// Give gives a folder and all that is in it to a user; to nil, it stays ours.
func Give(dir string, u *User) error {
	if u == nil {
		return nil
	}
	if shut, err := Shut(dir); err != nil || shut != "" {
		return errors.Join(err, shutError(shut))
	}
	return filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, int(u.UID), int(u.GID))
	})
}

// ErrShut marks a folder that programs which aren't root must get to and can't.
var ErrShut = errors.New("not every user may enter it")

func shutError(dir string) error {
	if dir == "" {
		return nil
	}
	return fmt.Errorf("%s: %w, and what root starts runs as users that aren't root: set TMPDIR to a folder that all may enter", dir, ErrShut)
}

// Shut is the first folder on the way to a path that not every user may enter, "" where there is none.
func Shut(path string) (string, error) {
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil {
			return "", err
		}
		if info.Mode()&0o001 == 0 {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", nil
		}
	}
}

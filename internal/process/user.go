package process

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// The numbers that systemd reserves for users that live as long as a service: no package or administrator assigns them.
// https://systemd.io/UIDS-GIDS/
const (
	firstApart = 61184
	lastApart  = 65519
	apartTries = 100
)

// Apart is an unused user for programs that need none of our rights, without an account or a process yet. Its group is the machine's for
// users without one, if there is one. It is nil unless we are root, as only root can switch users.
func Apart() (*User, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	for range apartTries {
		id := uint32(firstApart + rand.IntN(lastApart-firstApart+1))
		_, err := user.LookupId(strconv.FormatUint(uint64(id), 10))
		if unknown := user.UnknownUserIdError(0); errors.As(err, &unknown) && !running(id) {
			return &User{UID: id, GID: nogroup(id)}, nil
		}
	}
	return nil, fmt.Errorf("find an unused user among %d to %d: all of %d tried are taken", firstApart, lastApart, apartTries)
}

// nogroup is the group of users without one. Some worker commands mistake a group without a name for root's.
func nogroup(otherwise uint32) uint32 {
	for _, name := range []string{"nogroup", "nobody"} {
		if g, err := user.LookupGroup(name); err == nil {
			if id, err := strconv.ParseUint(g.Gid, 10, 32); err == nil {
				return uint32(id)
			}
		}
	}
	return otherwise
}

// FolderApart is a Folder that belongs to a user of Apart; only it and root can enter.
func FolderApart(ctx context.Context, begin string) (g *Group, dir string, u *User, err error) {
	if g, dir, err = Folder(ctx, begin); err != nil {
		return nil, "", nil, err
	}
	if u, err = Apart(); err == nil {
		err = Give(dir, u)
	}
	if err != nil {
		g.Stop(syscall.SIGKILL, 0)
		return nil, "", nil, err
	}
	return g, dir, u, nil
}

// Give gives a folder with its content to a user; with nil, it stays ours.
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

// ErrShut marks a folder that unprivileged programs need but can't enter.
var ErrShut = errors.New("not every user may enter it")

func shutError(dir string) error {
	if dir == "" {
		return nil
	}
	return fmt.Errorf("%s: %w, and what root starts runs as users that aren't root: set TMPDIR to a folder that all may enter", dir, ErrShut)
}

// Shut is the first folder on the way to a path that not every user may enter, or "".
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

// WriteFor writes a new file for a user into a folder that the user's programs write to.
func WriteFor(u *User, path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil && u != nil {
		err = f.Chown(int(u.UID), int(u.GID))
	}
	return errors.Join(err, f.Close())
}

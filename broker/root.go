package broker

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/tqbench/tqbench/internal/process"
)

// habitable makes a root fit for programs, as a container's runtime would, and returns its folder for temporary files. An image has no
// devices, and shells write to /dev/null.
func habitable(root string) (tmp string, err error) {
	tmp = filepath.Join(root, "tmp")
	// An image is foreign: a link in it must not lead us, who are root, out of it.
	for _, path := range []string{root, tmp, filepath.Join(root, "dev")} {
		if info, err := os.Lstat(path); err == nil && !info.IsDir() {
			return "", fmt.Errorf("%w: %s is no folder: a root needs a real one there", ErrSetup, path)
		}
	}
	if err := os.MkdirAll(tmp, 0o777); err != nil {
		return "", err
	}
	if err := os.Chmod(tmp, 0o777|os.ModeSticky); err != nil {
		return "", err
	}
	null := filepath.Join(root, "dev", "null")
	if info, err := os.Lstat(null); err == nil && info.Mode()&fs.ModeCharDevice != 0 {
		return tmp, nil
	}
	if err := os.MkdirAll(filepath.Dir(null), 0o755); err != nil {
		return "", err
	}
	if err := os.Remove(null); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	if err := unix.Mknod(null, unix.S_IFCHR|0o666, int(unix.Mkdev(1, 3))); err != nil {
		return "", fmt.Errorf("make the device %s: %w", null, err)
	}
	return tmp, os.Chmod(null, 0o666) // whatever the umask is
}

// within reports whether a path of a root is a program in it. A link that leads out of the root is none.
func within(root, path string) bool {
	r, err := os.OpenRoot(root)
	if err != nil {
		return false
	}
	defer r.Close()
	info, err := r.Stat(strings.TrimPrefix(inside(root, path), "/"))
	return err == nil && program(info)
}

// program reports whether a file can be run.
func program(info fs.FileInfo) bool { return info.Mode().IsRegular() && info.Mode()&0o111 != 0 }

// chrooted lets a command run with another root.
func chrooted(cmd *exec.Cmd, root string) {
	cmd.Path, cmd.Args[0], cmd.Dir = inside(root, cmd.Path), inside(root, cmd.Args[0]), "/"
	cmd.SysProcAttr.Chroot = root
}

// userOf finds an account of a root, "" for the machine's own.
func userOf(root, name string) (*process.User, error) {
	if root == "" {
		u, err := user.Lookup(name)
		if err != nil {
			return nil, err
		}
		return ids(u.Uid, u.Gid)
	}
	f, err := os.Open(filepath.Join(root, "etc", "passwd"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		// name:password:uid:gid and more, see passwd(5)
		if fields := strings.Split(lines.Text(), ":"); len(fields) >= 4 && fields[0] == name {
			return ids(fields[2], fields[3])
		}
	}
	return nil, errors.Join(lines.Err(), user.UnknownUserError(name))
}

func ids(uid, gid string) (*process.User, error) {
	u, err := strconv.ParseUint(uid, 10, 32)
	if err != nil {
		return nil, err
	}
	g, err := strconv.ParseUint(gid, 10, 32)
	if err != nil {
		return nil, err
	}
	return &process.User{UID: uint32(u), GID: uint32(g)}, nil
}

package trial

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"path/filepath"

	"github.com/tqbench/tqbench/internal/process"
)

// newKin is a prefix for the ids of tasks that a user's own tasks enqueue. Other senders can't guess it.
func newKin() string {
	word := make([]byte, 4)
	_, _ = rand.Read(word) // never fails
	return hex.EncodeToString(word)
}

// giveUpRoot gives the probe folder to the user that runs all of the framework's programs: workers run any task in the queue, which must
// not have root's rights. A set-up that needs our home folder, such as for AWS credentials, keeps our rights.
func (b *sandbox) giveUpRoot() (err error) {
	if b.set["HOME"] != "" {
		return nil
	}
	if b.user, err = process.Apart(); err != nil || b.user == nil {
		return err
	}
	env := b.target.Env
	paths := []string{env.Python, env.Packages, env.Apps, env.Folder, env.Node}
	if own := b.target.Own; own != nil {
		paths = append(paths, own.Path)
	}
	for _, path := range paths {
		if path == "" {
			continue
		}
		shut, err := shutOnTheWay(path)
		if err != nil {
			return fmt.Errorf("find a way to %s: %w", path, err)
		}
		if shut != "" {
			return fmt.Errorf("root's workers run as an unprivileged user, who can't enter %s but needs %s: move it, or run tqbench as another user",
				shut, path)
		}
	}
	return process.Give(b.folder, b.user)
}

// shutOnTheWay is the first folder on the way to a path, or to a link's target, that not every user may enter.
func shutOnTheWay(path string) (string, error) {
	shut, err := process.Shut(path)
	if err != nil || shut != "" {
		return shut, err
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return "", err
	}
	return process.Shut(path)
}

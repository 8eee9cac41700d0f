package trial

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"path/filepath"

	"github.com/tqbench/tqbench/internal/process"
)

// newKin is what the ids of tasks begin with that a user's own tasks enqueue. Other senders can't guess it.
func newKin() string {
	word := make([]byte, 4)
	_, _ = rand.Read(word) // never fails
	return hex.EncodeToString(word)
}

// giveUpRoot gives the folder of the probes to the user that all of the framework's programs run as: what runs workers runs
// whatever is in the queue, and root's rights are not for that. A setup that wants our own folder, as AWS's credentials may,
// keeps our rights.
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
			return fmt.Errorf("look for a way to %s: %w", path, err)
		}
		if shut != "" {
			return fmt.Errorf("root's workers run as a user without rights, who can't enter %s and wants %s: move that, or run tqbench as another user",
				shut, path)
		}
	}
	return process.Give(b.folder, b.user)
}

// shutOnTheWay is the first folder that not every user may enter on the way to a path and, where that is a link, to what it leads to.
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

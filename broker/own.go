package broker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/results"
)

// OwnName is the broker of a queue with its own store.
const OwnName = "own"

// own is not a server but an empty folder, for a queue that keeps its tasks in files. Only the queue's own client understands them.
type own struct {
	*private
	group *process.Group
	path  string
}

// errOwnClient marks what only the queue's own client can do.
var errOwnClient = errors.New("only the queue's own client can")

func startOwn(ctx context.Context, at address, _ choice) (_ Broker, err error) {
	group, dir, err := process.Folder(ctx, "tqbench-own-")
	if err != nil {
		return nil, err
	}
	o := &own{private: &private{}, group: group, path: filepath.Join(dir, at.password)}
	// Workers run as another user. Any user can enter the folder, but only ours know the name of the one inside.
	if err = os.Chmod(dir, 0o711); err == nil {
		err = os.Mkdir(o.path, 0o700)
	}
	if err == nil {
		err = os.Chmod(o.path, 0o777)
	}
	if err != nil {
		return nil, errors.Join(err, o.Close())
	}
	return o, nil
}

func attachOwn(context.Context, string) (Broker, error) {
	return nil, fmt.Errorf("%w: a queue with its own store has no broker to attach to", ErrSetup)
}

// URL is the folder's path.
func (o *own) URL() string { return o.path }

func (o *own) Declare(context.Context, []Place) error { return nil }

func (o *own) Publish(context.Context, []Message) (int, error) {
	return 0, fmt.Errorf("publish: %w", errOwnClient)
}

// Depth is 0: the folder is new.
func (o *own) Depth(context.Context, []Place) (int64, error) { return 0, nil }

// Purge leaves the folder to Close.
func (o *own) Purge(context.Context, []Place) error { return nil }

func (o *own) Describe(context.Context) (results.Broker, error) {
	return results.Broker{Name: OwnName, Product: "the queue's own store"}, nil
}

// Close removes the folder.
func (o *own) Close() error {
	o.group.Stop(syscall.SIGKILL, 0)
	return nil
}

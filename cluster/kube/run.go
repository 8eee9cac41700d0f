package kube

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// pollEvery is how often the cluster is asked.
	pollEvery = 2 * time.Second
	// pollPatience is for how long it may give no answer.
	pollPatience = 2 * time.Minute
	// lastFetch and lastDelete are how long an interrupted run may take to keep what it has, and to remove its objects. brokenFetch is the first
	// of a run that the cluster ended.
	lastFetch   = 5 * time.Second
	lastDelete  = 10 * time.Second
	brokenFetch = time.Minute
	// fetches is how often to try to fetch complete results, and fetchPause how long to wait in between.
	fetches    = 5
	fetchPause = 10 * time.Second
	// EndsWithin is how long an interrupted run may take to end.
	EndsWithin = lastFetch + lastDelete + 5*time.Second
)

// ErrCluster marks a run that the cluster didn't let go on.
var ErrCluster = errors.New("the run on Kubernetes can't go on")

// LeftError is the error of a run whose objects may still be in the cluster.
type LeftError struct {
	// Delete is the command line that deletes them.
	Delete string
	err    error
}

func (e *LeftError) Error() string {
	return fmt.Sprintf("objects of the run may be left in the cluster: %v: to delete them: %s", e.err, e.Delete)
}

func (e *LeftError) Unwrap() error { return e.err }

// Cluster is what a run needs of a cluster.
type Cluster interface {
	Secret(ctx context.Context, o Options, values map[string]string) error
	Create(ctx context.Context, manifest []byte) error
	Status(ctx context.Context, name string) (Status, error)
	Follow(ctx context.Context, pod string, to io.Writer) error
	Fetch(ctx context.Context, pod string, to io.Writer) error
	Release(ctx context.Context, pod string) error
	Delete(ctx context.Context, key string) error
	// ToDelete is the command line that does what Delete does.
	ToDelete(key string) string
}

// Run is a run on a cluster.
type Run struct {
	Options
	// Values are those of the Secret.
	Values map[string]string
	// Out takes the output folder.
	Out string
	// Patience is how long a pod may wait for a node.
	Patience time.Duration
	// Log gets the collector's log, Tell lines about the cluster.
	Log  io.Writer
	Tell func(format string, args ...any)
}

// Do makes the objects, follows the run, fetches its output folder and deletes the objects. If the run can't go on or ctx ends, it fetches what
// there is. The objects are deleted in any case, unless the collector has complete results that couldn't be fetched. Only objects that it made are
// changed or deleted.
func (r Run) Do(ctx context.Context, c Cluster) (err error) {
	r.Key = strings.ToLower(rand.Text())
	manifest, err := Manifest(r.Options)
	if err != nil {
		return err
	}
	before, err := c.Status(ctx, r.Name)
	if err != nil {
		return err
	}
	if err := r.free(before); err != nil {
		return err
	}
	keep := false
	defer func() {
		if keep {
			return
		}
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastDelete)
		defer cancel()
		if derr := c.Delete(ending, r.Key); derr != nil {
			err = errors.Join(err, &LeftError{c.ToDelete(r.Key), derr})
		}
	}()
	if err := c.Secret(ctx, r.Options, r.Values); err != nil {
		return err
	}
	if err := c.Create(ctx, manifest); err != nil {
		return err
	}
	pod, err := r.await(ctx, c)
	if err == nil {
		if err := r.fetchComplete(ctx, c, pod); err != nil {
			if keep = ctx.Err() == nil; keep {
				err = &LeftError{c.ToDelete(r.Key), fmt.Errorf("%w: the pod %s has the complete results in %s for %s: copy them first", err, pod, Results, r.Hold)}
			}
			return err
		}
		return c.Release(ctx, pod)
	}
	if pod != "" {
		limit := brokenFetch
		if ctx.Err() != nil {
			limit = lastFetch
		}
		keeping, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
		defer cancel()
		if ferr := r.fetch(keeping, c, pod, true); ferr != nil {
			r.Tell("nothing could be fetched of the run: %v", ferr)
		}
	}
	return err
}

// fetchComplete fetches complete results. Their collector holds them, so a broken connection is no reason to lose them.
func (r Run) fetchComplete(ctx context.Context, c Cluster, pod string) (err error) {
	for n := range fetches {
		if n > 0 {
			r.Tell("fetching the results again: %v", err)
			if err := wait(ctx, time.After(fetchPause)); err != nil {
				return err
			}
		}
		if err = r.fetch(ctx, c, pod, false); err == nil || ctx.Err() != nil {
			return err
		}
	}
	return err
}

// wait waits for a time, and returns why the context ended before.
func wait(ctx context.Context, until <-chan time.Time) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-until:
		return nil
	}
}

// free makes sure that no pod has the run's name.
func (r Run) free(before Status) error {
	if len(before.Pods) == 0 {
		return nil
	}
	what, do := "there are pods of a run with the name", "choose another name, or delete that run"
	if !slices.ContainsFunc(before.Pods, func(p Pod) bool { return !p.Leaving }) {
		what, do = "the cluster is still deleting pods of an earlier run with the name", "wait until they are gone, or choose another name"
	}
	return fmt.Errorf("%w: %s %s, such as %s: %s", ErrInput, what, r.Name, before.Pods[0].Name, do)
}

// await follows the run until its results are complete. It returns the collector's pod, once there is one that runs.
func (r Run) await(ctx context.Context, c Cluster) (pod string, err error) {
	following, stop := context.WithCancel(ctx)
	var followed sync.WaitGroup
	defer followed.Wait()
	defer stop()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	var waiting []string
	answered := time.Now()
	for {
		s, err := c.Status(ctx, r.Name)
		switch {
		case ctx.Err() != nil:
			return pod, context.Cause(ctx)
		case err != nil && time.Since(answered) > pollPatience:
			return pod, err
		case err != nil:
			if err := wait(ctx, tick.C); err != nil {
				return pod, err
			}
			continue
		}
		answered = time.Now()
		collector, ok := s.Collector()
		switch {
		case ok && collector.Ready:
			return collector.Name, nil
		case ok && collector.Ended != "":
			return "", fmt.Errorf("%w: the collector ended before its results were fetched: %s; its log above has the reason", ErrCluster, collector.Ended)
		case ok && collector.Phase == "Running" && pod == "":
			pod = collector.Name
			followed.Go(func() {
				if err := c.Follow(following, collector.Name, r.Log); err != nil && following.Err() == nil {
					r.Tell("the collector's log is lost: %v", err)
				}
			})
		}
		if why := s.Trouble(time.Now(), r.Patience); why != "" {
			return pod, fmt.Errorf("%w: %s", ErrCluster, why)
		}
		for _, w := range s.Waiting() {
			if !slices.Contains(waiting, w) {
				waiting = append(waiting, w)
				r.Tell("waiting for a node, up to %s: %s", r.Patience, w)
			}
		}
		if err := wait(ctx, tick.C); err != nil {
			return pod, err
		}
	}
}

// fetch copies the output folder from the collector's pod. While a run is under way, its folder may change as it is read: then tar fails at its
// end, and the archive is whole.
func (r Run) fetch(ctx context.Context, c Cluster, pod string, underWay bool) error {
	in, out := io.Pipe()
	unpacked := make(chan error, 1)
	go func() {
		err := unpack(in, r.Out)
		in.CloseWithError(err)
		unpacked <- err
	}()
	err := c.Fetch(ctx, pod, out)
	out.CloseWithError(err)
	uerr := <-unpacked
	if err == nil || uerr == nil && underWay {
		err = uerr
	}
	if err != nil {
		return fmt.Errorf("fetch the results: %w", err)
	}
	return nil
}

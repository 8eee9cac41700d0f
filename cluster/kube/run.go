package kube

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
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
	// fetches is how often to try to fetch results that are held, and fetchPause how long to wait in between.
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
	// Results says where results are that were not fetched, and how their run ended, "" if there are none.
	Results string
	err     error
}

func (e *LeftError) Error() string {
	why := e.err.Error()
	if e.Results != "" {
		why += ": " + e.Results
	}
	return fmt.Sprintf("objects of the run may be left in the cluster: %s: to delete them: %s", why, e.Delete)
}

func (e *LeftError) Unwrap() error { return e.err }

// Cluster is what a run needs of a cluster.
type Cluster interface {
	Secret(ctx context.Context, o Options, values map[string]string) error
	Create(ctx context.Context, manifest []byte) error
	Status(ctx context.Context, name string) (Status, error)
	Follow(ctx context.Context, pod string, to io.Writer) error
	Fetch(ctx context.Context, pod string, to io.Writer) error
	Held(ctx context.Context, pod string) (string, error)
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
	// Making is called before the first object is made, with the command line that deletes them all. It may be nil.
	Making func(toDelete string)
}

// Do makes the objects, follows the run, fetches its output folder and deletes the objects. If the run can't go on or ctx ends, it fetches what
// there is. The objects are deleted in any case, unless the collector holds results that weren't fetched. Only objects that it made are changed
// or deleted.
func (r Run) Do(ctx context.Context, c Cluster) (err error) {
	r.Key = strings.ToLower(rand.Text())
	manifest, err := Manifest(r.Options)
	if err != nil {
		return err
	}
	before, err := c.Status(ctx, r.Name)
	if err != nil {
		return unmade(err)
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
			err = errors.Join(err, &LeftError{Delete: c.ToDelete(r.Key), err: derr})
		}
	}()
	if r.Making != nil {
		r.Making(c.ToDelete(r.Key))
	}
	if err := c.Secret(ctx, r.Options, r.Values); err != nil {
		return unmade(err)
	}
	if err := c.Create(ctx, manifest); err != nil {
		return unmade(err)
	}
	pod, err := r.await(ctx, c)
	if err != nil {
		r.fetchSome(ctx, c, pod)
		return err
	}
	how, err := r.fetchComplete(ctx, c, pod)
	if err != nil {
		keep = true
		return &LeftError{Delete: c.ToDelete(r.Key), Results: r.has(pod, how), err: err}
	}
	if err := c.Release(ctx, pod); err != nil {
		r.Tell("the collector still holds its results, which were fetched, and ends with its pod: %v", err)
	}
	switch how {
	case EndedWell:
		return nil
	case "":
		how = "it doesn't say why; its log above has the reason"
	}
	return fmt.Errorf("%w: what it measured was fetched, but the collector failed: %s", ErrCluster, how)
}

// has says where the results of a run are that ended like that, which is unknown if it is "".
func (r Run) has(pod, how string) string {
	failed, what := "", "what the run measured"
	switch how {
	case "":
	case EndedWell:
		what = "the complete results"
	default:
		failed, what = "the collector failed: "+how+"; ", "what it measured"
	}
	return fmt.Sprintf("%sthe pod %s has %s in %s for %s: copy that first", failed, pod, what, Results, r.Hold)
}

// unmade is the error of a run without objects: the user can put it right.
func unmade(err error) error {
	if errors.Is(err, ErrInput) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrInput, err)
}

// fetchSome fetches what there is of a run that can't go on, within a time.
func (r Run) fetchSome(ctx context.Context, c Cluster, pod string) {
	if pod == "" {
		return
	}
	limit := brokenFetch
	if ctx.Err() != nil {
		limit = lastFetch
	}
	keeping, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	defer cancel()
	if err := r.fetch(keeping, c, pod, true); err != nil {
		r.Tell("not all could be fetched of the run: %v", err)
	}
}

// fetchComplete fetches the results that a collector holds, and how their run ended, "" if the collector doesn't say. As they are held, a broken
// connection is no reason to lose them.
func (r Run) fetchComplete(ctx context.Context, c Cluster, pod string) (how string, err error) {
	for n := range fetches {
		if n > 0 {
			r.Tell("fetching the results again: %v", err)
			if err := wait(ctx, time.After(fetchPause)); err != nil {
				return how, err
			}
		}
		said, herr := c.Held(ctx, pod)
		if err = herr; err == nil {
			how = said // also where a later question gets no answer
			err = r.fetch(ctx, c, pod, false)
		}
		if err == nil || ctx.Err() != nil {
			break
		}
	}
	return how, err
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

// await follows the run until its results wait to be fetched. It returns the collector's pod, once there is one that runs.
func (r Run) await(ctx context.Context, c Cluster) (pod string, err error) {
	log := r.follower(ctx, c)
	defer log.close()
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
			return pod, fmt.Errorf("%w: the cluster gave no answer for %s: %w", ErrCluster, pollPatience, err)
		case err != nil:
			if err := wait(ctx, tick.C); err != nil {
				return pod, err
			}
			continue
		}
		answered = time.Now()
		collector, ok := s.Collector()
		switch {
		case ok && collector.over() != "":
			return "", fmt.Errorf("%w: the collector ended before its results were fetched: %s%s", ErrCluster, collector.over(), log.rest(collector.Name))
		case ok && collector.Ready:
			return collector.Name, nil
		case ok && collector.Phase == "Running":
			pod = collector.Name
			log.follow(pod)
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

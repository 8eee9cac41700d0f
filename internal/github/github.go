// Package github shows a result on GitHub, from a step of a workflow: a comment on the pull request that is updated, a summary of the step,
// annotations and outputs. The variables are those that GitHub documents for its runners, and the API is its REST API of 2022-11-28.
package github

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/tqbench/tqbench/internal/regular"
)

// ErrComment marks a comment that could not be written. The result is still in the summary.
var ErrComment = errors.New("no comment on the pull request")

// Step is the step of a workflow that runs.
type Step struct {
	// API is the address of the REST API, Repository is OWNER/NAME, Token may write comments; it is never shown.
	API, Repository, Token string
	// Event, Summary and Output are paths of files.
	Event, Summary, Output string
	// Server is the address of the web site, Workflow the number of the workflow's run.
	Server, Workflow string
}

// FromEnvironment is the step that the runner's variables describe.
func FromEnvironment() Step {
	return Step{API: os.Getenv("GITHUB_API_URL"), Repository: os.Getenv("GITHUB_REPOSITORY"), Token: os.Getenv("GITHUB_TOKEN"), Event: os.Getenv("GITHUB_EVENT_PATH"),
		Summary: os.Getenv("GITHUB_STEP_SUMMARY"), Output: os.Getenv("GITHUB_OUTPUT"), Server: os.Getenv("GITHUB_SERVER_URL"), Workflow: os.Getenv("GITHUB_RUN_ID")}
}

// The limits of what GitHub answers and takes.
const (
	// timeout is for all of a comment.
	timeout = 30 * time.Second
	// pageSize is the number of comments in an answer, mostPages how many answers to read.
	pageSize, mostPages = 100, 20
	largestAnswer       = 32 << 20
	largestEvent        = 16 << 20
	// longestComment is a bit less than GitHub's 65,536 characters.
	longestComment = 65_000
)

// Summarise adds Markdown to the step's summary.
func (s Step) Summarise(markdown string) error { return appendTo(s.Summary, markdown+"\n") }

// Set sets an output of the step; the value is one line.
func (s Step) Set(name, value string) error { return appendTo(s.Output, name+"="+oneLine(value)+"\n") }

// appendTo appends to a file that the runner made; "" is none.
func appendTo(path, text string) error {
	if path == "" {
		return nil
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	_, err = io.WriteString(f, text)
	return errors.Join(err, f.Close())
}

// Annotate writes an annotation of a level (error, warning or notice) as a command to the runner.
func Annotate(w io.Writer, level, title, message string) error {
	property := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
	data := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	_, err := fmt.Fprintf(w, "::%s title=%s::%s\n", level, property.Replace(title), data.Replace(message))
	return err
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// PullRequest is the pull request of an event.
type PullRequest struct {
	// Number is 0 if the event is of none.
	Number int
	// Commit is the last one of its branch.
	Commit string
}

// PullRequest is that of the event.
func (s Step) PullRequest() (PullRequest, error) {
	if s.Event == "" {
		return PullRequest{}, nil
	}
	data, err := regular.Read(s.Event, regular.Limit{Kind: "an event", Bytes: largestEvent})
	if err != nil {
		return PullRequest{}, fmt.Errorf("read %s: %w", s.Event, err)
	}
	var event struct {
		PullRequest struct {
			Number int `json:"number"`
			Head   struct {
				SHA string `json:"sha"`
			} `json:"head"`
		} `json:"pull_request"`
	}
	if err := json.Unmarshal(data, &event); err != nil {
		return PullRequest{}, fmt.Errorf("read %s: %w", s.Event, err)
	}
	return PullRequest{event.PullRequest.Number, event.PullRequest.Head.SHA}, nil
}

// Run is the address of the workflow's run, "" if it isn't known.
func (s Step) Run() string {
	u, err := url.Parse(s.Server)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || s.Workflow == "" || !repositoryName().MatchString(s.Repository) {
		return ""
	}
	return u.JoinPath(s.Repository, "actions", "runs", s.Workflow).String()
}

// repositoryName matches OWNER/NAME.
func repositoryName() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$`) }

// comment is a comment as the API has it.
type comment struct {
	ID   int64  `json:"id"`
	Body string `json:"body"`
	User user   `json:"user"`
}

// user is who wrote a comment, or whose a token is.
type user struct {
	Login string `json:"login"`
	Type  string `json:"type"`
}

// Comment writes the comment of a name on the pull request, or updates the one of an earlier run. Where the token may not write, as of a
// fork's pull request, the error is ErrComment.
func (s Step) Comment(ctx context.Context, number int, name, markdown string) error {
	if err := s.check(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	marker := "<!-- tqbench gate: " + regexp.MustCompile(`[^A-Za-z0-9_. -]`).ReplaceAllString(name, "") + " -->"
	if runes := []rune(markdown); len(runes) > longestComment {
		markdown = string(runes[:longestComment]) + "\n\n(The rest is in the artifact.)"
	}
	body := map[string]string{"body": marker + "\n" + markdown}
	id, err := s.find(ctx, number, marker)
	switch {
	case err != nil:
		return err
	case id != 0:
		return s.call(ctx, http.MethodPatch, s.repository("issues/comments/"+strconv.FormatInt(id, 10)), body, nil)
	}
	return s.call(ctx, http.MethodPost, s.repository(fmt.Sprintf("issues/%d/comments", number)), body, nil)
}

// check refuses a step that can't write comments.
func (s Step) check() error {
	u, err := url.Parse(s.API)
	switch {
	case s.Token == "":
		return fmt.Errorf("%w: GITHUB_TOKEN is not set", ErrComment)
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return fmt.Errorf("%w: GITHUB_API_URL is no address of a server", ErrComment)
	case !repositoryName().MatchString(s.Repository):
		return fmt.Errorf("%w: GITHUB_REPOSITORY is not OWNER/NAME", ErrComment)
	}
	return nil
}

// find finds the comment that begins with the marker, 0 if there is none. Anyone can write the marker, so only comments of the token's owner
// count, or of bots where the API doesn't say who that is, as to a job's own token.
func (s Step) find(ctx context.Context, number int, marker string) (int64, error) {
	var owner user
	_ = s.call(ctx, http.MethodGet, "user", nil, &owner)
	ours := func(u user) bool {
		return u.Type == "Bot" && owner.Login == "" || owner.Login != "" && u.Login == owner.Login
	}
	for page := 1; page <= mostPages; page++ {
		var all []comment
		if err := s.call(ctx, http.MethodGet, s.repository(fmt.Sprintf("issues/%d/comments?per_page=%d&page=%d", number, pageSize, page)), nil, &all); err != nil {
			return 0, err
		}
		for _, c := range all {
			if ours(c.User) && strings.HasPrefix(c.Body, marker) {
				return c.ID, nil
			}
		}
		if len(all) < pageSize {
			break
		}
	}
	return 0, nil
}

// repository is a path in the API of what is of the repository.
func (s Step) repository(path string) string { return "repos/" + s.Repository + "/" + path }

// call calls the API. The token goes to no other server: redirects aren't followed.
func (s Step) call(ctx context.Context, method, path string, send, receive any) error {
	var body io.Reader
	if send != nil {
		data, err := json.Marshal(send)
		if err != nil {
			return err
		}
		body = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(s.API, "/")+"/"+path, body)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrComment, err)
	}
	req.Header.Set("Authorization", "Bearer "+s.Token)
	req.Header.Set("Accept", "application/vnd.github+json")
	req.Header.Set("X-Github-Api-Version", "2022-11-28")
	req.Header.Set("Content-Type", "application/json")
	client := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true, Proxy: http.ProxyFromEnvironment},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrComment, err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(io.LimitReader(resp.Body, largestAnswer))
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", ErrComment, err)
	case resp.StatusCode == http.StatusForbidden || resp.StatusCode == http.StatusNotFound || resp.StatusCode == http.StatusUnauthorized:
		return fmt.Errorf("%w: the API answers %d: the token may not write there, as in a pull request from a fork; the job needs permission pull-requests: write",
			ErrComment, resp.StatusCode)
	case resp.StatusCode < 200 || resp.StatusCode > 299:
		return fmt.Errorf("%w: the API answers %d", ErrComment, resp.StatusCode)
	case receive == nil:
		return nil
	}
	if err := json.Unmarshal(data, receive); err != nil {
		return fmt.Errorf("%w: the API's answer is not JSON of the expected form", ErrComment)
	}
	return nil
}

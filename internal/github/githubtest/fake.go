// Package githubtest is a fake of the part of GitHub's API that comments on pull requests need.
package githubtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// Comment is a comment on a pull request.
type Comment struct {
	ID   int64  `json:"id"`
	Body string `json:"body"`
	User User   `json:"user"`
}

// User is who wrote it: a type of Bot or User.
type User struct {
	Login string `json:"login"`
	Type  string `json:"type"`
}

// API is a fake with the comments of one pull request.
type API struct {
	URL, Token, Repository string
	Number                 int
	// Refuse is a status to answer with instead, 0 for none.
	Refuse int
	// Owner is whose the token is: a job's own, if it is empty, of which the API doesn't tell.
	Owner string

	mu       sync.Mutex
	comments []Comment
}

// New starts a fake that ends with the test.
func New(t *testing.T, comments ...Comment) *API {
	t.Helper()
	a := &API{Token: "ghs_secretsecretsecret", Repository: "shop/queue", Number: 7, comments: comments}
	s := httptest.NewServer(a)
	t.Cleanup(s.Close)
	a.URL = s.URL
	return a
}

// Comments are those that there are.
func (a *API) Comments() []Comment {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.comments)
}

// writer is who the comments of the token are of.
func (a *API) writer() User {
	if a.Owner != "" {
		return User{a.Owner, "User"}
	}
	return User{"github-actions[bot]", "Bot"}
}

// ServeHTTP answers as the API does.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	repo := "/repos/" + a.Repository + "/issues/"
	list := fmt.Sprintf("%s%d/comments", repo, a.Number)
	var sent struct {
		Body string `json:"body"`
	}
	if r.Method != http.MethodGet && json.NewDecoder(r.Body).Decode(&sent) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	id, err := strconv.ParseInt(strings.TrimPrefix(r.URL.Path, repo+"comments/"), 10, 64)
	i := slices.IndexFunc(a.comments, func(c Comment) bool { return err == nil && c.ID == id })
	switch {
	case a.Refuse != 0:
		w.WriteHeader(a.Refuse)
	case r.Header.Get("Authorization") != "Bearer "+a.Token:
		w.WriteHeader(http.StatusUnauthorized)
	case r.Method == http.MethodGet && r.URL.Path == "/user" && a.Owner == "":
		w.WriteHeader(http.StatusForbidden)
	case r.Method == http.MethodGet && r.URL.Path == "/user":
		_ = json.NewEncoder(w).Encode(User{a.Owner, "User"})
	case r.Method == http.MethodGet && r.URL.Path == list:
		page, _ := strconv.Atoi(r.URL.Query().Get("page"))
		size, _ := strconv.Atoi(r.URL.Query().Get("per_page"))
		from := min(max(page-1, 0)*size, len(a.comments))
		_ = json.NewEncoder(w).Encode(a.comments[from:min(from+size, len(a.comments))])
	case r.Method == http.MethodPost && r.URL.Path == list:
		a.comments = append(a.comments, Comment{ID: int64(1000 + len(a.comments)), Body: sent.Body, User: a.writer()})
		w.WriteHeader(http.StatusCreated)
	case r.Method == http.MethodPatch && i >= 0:
		a.comments[i].Body = sent.Body
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

package wire

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
)

// TokenLeast is the shortest token, in bytes.
const TokenLeast = 16

// ErrToken marks a peer that doesn't know the token.
var ErrToken = errors.New("the other side has another token")

// hello is an agent's first frame.
type hello struct {
	// Version is the protocol's, Build that of tqbench.
	Version int    `json:"version"`
	Build   string `json:"build"`
	Role    string `json:"role"`
	Index   int    `json:"index"`
	// Life is random for each process.
	Life string `json:"life"`
	// Nonce is random for each connection.
	Nonce string `json:"nonce"`
}

// challenge is the collector's answer: its proof, and what the agent has to prove.
type challenge struct {
	Nonce string `json:"nonce"`
	Proof []byte `json:"proof"`
}

// proof is the agent's answer to that.
type proof struct {
	Proof []byte `json:"proof"`
}

// welcome ends the handshake. Session is random for each collector, Have what it has of the agent's files.
type welcome struct {
	Session string           `json:"session"`
	Have    map[string]int64 `json:"have"`
}

// proves is the proof that a side knows the token: an HMAC-SHA256 (RFC 2104) over its name, both nonces and who the agent says it is.
func proves(token []byte, side string, h hello, nonce string) []byte {
	mac := hmac.New(sha256.New, token)
	fmt.Fprintf(mac, "tqbench %d\n%s\n%s\n%s\n%s %d %s %q", Version, side, h.Nonce, nonce, h.Role, h.Index, h.Life, h.Build)
	return mac.Sum(nil)
}

// random is a word that no one can guess.
func random() string {
	word := make([]byte, 16)
	_, _ = rand.Read(word) // never fails
	return hex.EncodeToString(word)
}

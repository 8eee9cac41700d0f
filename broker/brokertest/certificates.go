package brokertest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Certificates are files of a private authority, readable for all users: servers and workers run as others.
type Certificates struct {
	// CA is the authority, Other one that has signed nothing here.
	CA, Other string
	// Server is for localhost, Client for a client.
	Server, ServerKey, Client, ClientKey string
}

// NewCertificates makes an authority and what it signs.
func NewCertificates(t *testing.T) Certificates {
	t.Helper()
	dir := OpenDir(t)
	write := func(name, kind string, der []byte) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	type pair struct {
		cert *x509.Certificate
		key  *ecdsa.PrivateKey
	}
	number := int64(0)
	sign := func(name string, by *pair) (pair, string, string) {
		t.Helper()
		number++
		c := &x509.Certificate{SerialNumber: big.NewInt(number), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour),
			NotAfter: time.Now().Add(24 * time.Hour), KeyUsage: x509.KeyUsageDigitalSignature, BasicConstraintsValid: true,
			ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		signer := pair{c, key}
		if by == nil {
			c.IsCA, c.KeyUsage, c.ExtKeyUsage = true, x509.KeyUsageCertSign|x509.KeyUsageCRLSign, nil
		} else {
			signer = *by
			c.DNSNames, c.IPAddresses = []string{"localhost"}, []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
		}
		der, err := x509.CreateCertificate(rand.Reader, c, signer.cert, &key.PublicKey, signer.key)
		if err != nil {
			t.Fatal(err)
		}
		keyDER, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		signed, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return pair{signed, key}, write(name+".pem", "CERTIFICATE", der), write(name+"-key.pem", "PRIVATE KEY", keyDER)
	}
	var c Certificates
	authority, ca, _ := sign("authority", nil)
	_, c.Other, _ = sign("other", nil)
	c.CA = ca
	_, c.Server, c.ServerKey = sign("server", &authority)
	_, c.Client, c.ClientKey = sign("client", &authority)
	return c
}

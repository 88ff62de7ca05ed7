// Command go-peer does the service's work in Go: net/http, pgx, and nothing that a Go programmer would not use.
//
// PLACING tells how an order is placed: by "statements" (two journeys, then all writes pipelined in a third), by one
// "function" in the database, or in "batches", as the service does it.
package main

import (
	"context"
	"encoding/hex"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v4/pgxpool"
)

type server struct {
	pool         *pgxpool.Pool
	tokens       *tokens
	cursorSecret []byte
	place        placer
}

func main() {
	size, err := strconv.Atoi(os.Getenv("POOL_SIZE"))
	if err != nil {
		log.Fatal("POOL_SIZE is the number of connections")
	}
	// The rest of the address is in libpq's variables.
	config, err := pgxpool.ParseConfig("")
	if err != nil {
		log.Fatal(err)
	}
	config.MaxConns, config.MinConns = int32(size), int32(size)
	config.ConnConfig.RuntimeParams["jit"] = "off"
	config.ConnConfig.RuntimeParams["lock_timeout"] = "2s"
	config.ConnConfig.RuntimeParams["statement_timeout"] = "5s"
	pool, err := pgxpool.ConnectConfig(context.Background(), config)
	if err != nil {
		log.Fatal(err)
	}
	secret, err := hex.DecodeString(os.Getenv("CURSOR_SECRET"))
	if err != nil {
		log.Fatal(err)
	}
	verified, err := newTokens(os.Getenv("JWKS"), os.Getenv("TOKEN_ISSUER"), os.Getenv("TOKEN_AUDIENCE"))
	if err != nil {
		log.Fatal(err)
	}
	s := &server{pool: pool, tokens: verified, cursorSecret: secret}
	switch os.Getenv("PLACING") {
	case "function":
		s.place = byFunction{pool}
	case "batches":
		s.place = newBatcher(pool, size)
	default:
		s.place = byStatements{pool}
	}
	web := &http.Server{
		Addr:              "127.0.0.1:" + os.Getenv("PORT"),
		Handler:           s,
		ReadHeaderTimeout: 30 * time.Second,
	}
	log.Fatal(web.ListenAndServe())
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	requestID := newRequestID(r)
	header := w.Header()
	header.Set("X-Request-Id", requestID)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "no-store")
	var err error
	path := r.URL.Path
	switch {
	case path == "/livez" && r.Method == http.MethodGet:
		answer(w, http.StatusOK, map[string]string{"status": "ok"})
	case path == "/v1/products" && r.Method == http.MethodGet:
		err = s.listProducts(w, r)
	case strings.HasPrefix(path, "/v1/products/") && r.Method == http.MethodGet:
		err = s.getProduct(w, r, path[len("/v1/products/"):])
	case path == "/v1/orders" && r.Method == http.MethodPost:
		err = s.placeOrder(w, r, requestID)
	case strings.HasPrefix(path, "/v1/orders/") && r.Method == http.MethodGet:
		err = s.getOrder(w, r, path[len("/v1/orders/"):])
	default:
		err = problem{http.StatusNotFound, "not_found"}
	}
	if err != nil {
		refuse(w, r, requestID, err)
	}
}

/** Who are you? */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useConsole } from "./console.js";
import { Logo } from "./icons.js";
import { Button } from "./ui.js";

export function Login({ message }: { readonly message: string | null }): JSX.Element {
  const console = useConsole();
  const [user, setUser] = useState("");
  const [password, setPassword] = useState("");
  return (
    <main class="login">
      <form
        class="card fields"
        onSubmit={(event) => {
          event.preventDefault();
          void console.logIn({ user, password });
        }}
      >
        <h1>
          <Logo /> Circus
        </h1>
        <label>
          <span>User</span>
          <input
            name="user"
            autocomplete="username"
            autocapitalize="off"
            value={user}
            onInput={({ currentTarget }) => setUser(currentTarget.value)}
          />
        </label>
        <label>
          <span>Password</span>
          <input
            name="password"
            type="password"
            autocomplete="current-password"
            value={password}
            onInput={({ currentTarget }) => setPassword(currentTarget.value)}
          />
        </label>
        {message === null ? null : (
          <p class="notice" role="alert">
            {message}
          </p>
        )}
        <Button label="Log in" look="primary" submit />
        <p class="help">
          Users are kept in the file that <code>httpd_password_file</code> in circus.ini names; <code>circushttpd --add-user</code> writes
          it.
        </p>
      </form>
    </main>
  );
}

/** Questions before what destroys, and errors that stay until they were read. */
import type { ComponentChildren, JSX } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { useConsole, useKnown } from "./console.js";
import { Button } from "./ui.js";

export interface DialogProps {
  readonly title: string;
  readonly children: ComponentChildren;
  readonly kind?: string;
  /** It was left by Escape. */
  readonly onClose: () => void;
}

/** The browser's own dialog: it holds the focus, and gives it back. */
export function Dialog({ title, children, kind = "", onClose }: DialogProps): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      class={kind}
      aria-labelledby={heading}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => {
        if (event.target === event.currentTarget) onClose();
      }}
    >
      <div class="dialog">
        <h2 id={heading}>{title}</h2>
        {children}
      </div>
    </dialog>
  );
}

export function Confirmation(): JSX.Element | null {
  const question = useKnown((state) => state.question);
  if (question === null) return null;
  const { title, body, action, answer } = question;
  return (
    <Dialog title={title} onClose={() => answer(false)}>
      <p>{body}</p>
      <div class="choices">
        <Button label="Cancel" onPress={() => answer(false)} />
        <Button label={action} look="danger" onPress={() => answer(true)} />
      </div>
    </Dialog>
  );
}

export function Toasts(): JSX.Element {
  const console = useConsole();
  const toasts = useKnown((state) => state.toasts);
  const said = useKnown((state) => state.said);
  return (
    <>
      <div class="toasts" role="region" aria-label="Errors" aria-live="assertive">
        {toasts.map(({ id, title, message }) => (
          <div key={id} class="toast" role="alert">
            <div>
              <strong>{title}</strong>
              <p>{message}</p>
            </div>
            <Button label={`Dismiss: ${title}`} icon="close" small onPress={() => console.dismiss(id)} />
          </div>
        ))}
      </div>
      <div class="unseen" role="status">
        {said}
      </div>
    </>
  );
}

import { Link } from "@tanstack/react-router";

import { Empty } from "~/ui/Notice";
import style from "~/ui/ui.module.css";

export function NotFound() {
  return (
    <main className={style.alone}>
      <Empty title="There is no such page."><Link className={style.button} to="/">Start page</Link></Empty>
    </main>
  );
}

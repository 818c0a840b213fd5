// The review screen as anywidget wants it.
import { ReviewScreen } from "./review_screen.mjs";

export default {
  render({ model, el }) {
    const screen = new ReviewScreen(model, el);
    return () => screen.leave();
  },
};
